package main

import "bytes"

// ring is the latest output of a shell, in blocks that are made as it grows and used again once it is full.
type ring struct {
	blocks     [][]byte
	spare      []byte
	start, end int64 // offsets of the first byte kept, and of the next one to come
}

// room answers where the next output may be written; added says how much was.
func (r *ring) room() []byte {
	last := len(r.blocks) - 1
	if last < 0 || len(r.blocks[last]) == cap(r.blocks[last]) {
		block := r.spare
		if r.spare = nil; block == nil {
			block = make([]byte, 0, blockBytes)
		}
		r.blocks = append(r.blocks, block[:0])
		last++
	}
	block := r.blocks[last]
	return block[len(block):cap(block)]
}

func (r *ring) added(count int) {
	last := len(r.blocks) - 1
	r.blocks[last] = r.blocks[last][:len(r.blocks[last])+count]
	r.end += int64(count)
}

// keep appends a copy of data.
func (r *ring) keep(data []byte) {
	for len(data) > 0 {
		count := copy(r.room(), data)
		r.added(count)
		data = data[count:]
	}
}

// full tells that the oldest block can go and ringBytes remain.
func (r *ring) full() bool {
	return len(r.blocks) > 0 && r.end-r.start-int64(len(r.blocks[0])) >= ringBytes
}

// drop forgets the oldest block.
func (r *ring) drop() {
	oldest := r.blocks[0]
	r.start += int64(len(oldest))
	r.spare = oldest
	copy(r.blocks, r.blocks[1:])
	r.blocks = r.blocks[:len(r.blocks)-1]
}

// at answers output from an offset on: up to the end of its block, at most `most` bytes. It is not a copy.
func (r *ring) at(offset int64, most int) []byte {
	index, within := r.find(offset)
	if index >= len(r.blocks) {
		return nil
	}
	piece := r.blocks[index][within:]
	return piece[:min(len(piece), most)]
}

// find tells in which block an offset lies, and where. All blocks but the last are full.
func (r *ring) find(offset int64) (index, within int) {
	distance := int(offset - r.start)
	return distance / blockBytes, distance % blockBytes
}

// each calls for every piece from one offset to another.
func (r *ring) each(from, to int64, call func(piece []byte)) {
	for from < to {
		piece := r.at(from, int(min(to-from, blockBytes)))
		call(piece)
		from += int64(len(piece))
	}
}

// linesBack answers where the last `lines` lines before the end begin, not before `least`: what goes on for `width` bytes
// counts as one.
func (r *ring) linesBack(lines, width int, least int64) int64 {
	at := r.end // the first byte of what is taken
	for lines > 0 && at > least {
		// The byte before `at` ends the line before: what is looked for is the end before that one.
		from := max(least, at-int64(width))
		newline := r.lastNewline(from, at-1)
		if newline < 0 {
			at = from
		} else {
			at = newline + 1
		}
		lines--
	}
	return at
}

// lastNewline answers the offset of the last newline in [from, to), or -1.
func (r *ring) lastNewline(from, to int64) int64 {
	for to > from {
		index, within := r.find(to - 1)
		begin := max(from, r.start+int64(index)*blockBytes)
		piece := r.blocks[index][within+1-int(to-begin) : within+1]
		if found := bytes.LastIndexByte(piece, '\n'); found >= 0 {
			return begin + int64(found)
		}
		to = begin
	}
	return -1
}

// beginning answers where, near an offset, a line begins, or else an escape sequence.
func (r *ring) beginning(offset int64) int64 {
	for _, sign := range []struct {
		byte  byte
		after int64
	}{{'\n', 1}, {0x1b, 0}} {
		for from, to := offset, min(r.end, offset+nearby); from < to; {
			piece := r.at(from, int(to-from))
			if found := bytes.IndexByte(piece, sign.byte); found >= 0 {
				return from + int64(found) + sign.after
			}
			from += int64(len(piece))
		}
	}
	return offset
}
