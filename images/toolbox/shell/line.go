package main

import (
	"encoding/binary"
	"fmt"
	"syscall"
)

const (
	frameJSON  = 'J'
	frameData  = 'D'
	frameOpen  = 'O'
	frameClose = 'C'
)

// line is the stdin and stdout of a `link` or an `attach`, and the frames on them.
type line struct {
	loop      *loop
	conn      *conn
	fin, fout int // -1 when it is over
	inbox     []byte
	out       []byte
	busy      bool
	carries   carrier
}

// carrier is what lies on a line: one shell, or channels.
type carrier interface {
	// take is given a frame from above; an error ends the line.
	take(kind byte, payload []byte) error
	// refuse says what was wrong, before the line ends.
	refuse(why string)
	// refill queues output for a reader that has room; answers whether it queued any.
	refill() bool
	// parted: a client has said its last word.
	parted(client *client, refused string)
	// outcome is what the process answers when its stdin ends.
	outcome() (code int, why string)
	// closed: nobody is there any more.
	closed()
}

func newLine(loop *loop, conn *conn, fin, fout int) *line {
	l := &line{loop: loop, conn: conn, fin: fin, fout: fout}
	for _, fd := range []int{fin, fout} {
		_ = syscall.SetNonblock(fd, true) // what cannot be is found out by reading
	}
	loop.watch(fin, pollIn, func(int16) { l.readable() })
	return l
}

// full tells that a reader has enough to go on with.
func (l *line) full() bool { return l.fout < 0 || len(l.out) >= chunk }

// put queues a frame of one payload in parts, sent at the end of this turn of the loop.
func (l *line) put(kind byte, parts ...[]byte) {
	if l.fout < 0 {
		return
	}
	if len(l.out) > maxUnread {
		l.close(1, "the reader does not read")
		return
	}
	length := 0
	for _, part := range parts {
		length += len(part)
	}
	l.out = append(l.out, kind)
	l.out = binary.BigEndian.AppendUint32(l.out, uint32(length))
	for _, part := range parts {
		l.out = append(l.out, part...)
	}
	l.wake()
}

// wake has the line pumped at the end of this turn.
func (l *line) wake() {
	if !l.busy {
		l.busy = true
		l.loop.busy = append(l.loop.busy, l)
	}
}

// pump writes what is queued, and output after it, for as long as the reader takes it.
func (l *line) pump() {
	l.busy = true // what is queued from here on is written here
	defer func() { l.busy = false }()
	for more := true; more && l.fout >= 0; more = l.fout >= 0 && l.carries.refill() {
		if !l.flush() {
			break
		}
	}
	if l.fout >= 0 {
		wanted := int16(0)
		if len(l.out) > 0 {
			wanted = pollOut
		}
		l.loop.watch(l.fout, wanted, func(int16) { l.pump() })
	}
}

// flush answers whether the reader took all that was queued.
func (l *line) flush() bool {
	done := 0
	for done < len(l.out) {
		count, err := writeNow(l.fout, l.out[done:])
		if err == syscall.EAGAIN {
			l.out = l.out[:copy(l.out, l.out[done:])]
			return false
		}
		if err != nil {
			l.close(0, "")
			return false
		}
		done += count
	}
	l.out = l.out[:0]
	return true
}

func (l *line) readable() {
	buffer := l.loop.buffer[:]
	count, err := readNow(l.fin, buffer)
	if err == syscall.EAGAIN {
		return
	}
	if err != nil || count == 0 {
		l.close(l.carries.outcome())
		return
	}
	data := buffer[:count]
	if len(l.inbox) > 0 {
		l.inbox = append(l.inbox, data...)
		data = l.inbox
	}
	rest, err := l.frames(data)
	if err != nil {
		l.carries.refuse(cut(fmt.Sprintf("This connection sent something malformed: %v", err), 900))
		if l.fout >= 0 {
			l.flush()
		}
		l.close(2, fmt.Sprintf("malformed frame: %v", err))
		return
	}
	l.inbox = append(l.inbox[:0], rest...)
	if len(l.inbox) == 0 {
		l.inbox = nil
	}
}

// frames hands over each whole frame of data, and answers what is left.
func (l *line) frames(data []byte) ([]byte, error) {
	for l.fin >= 0 && len(data) >= 5 {
		kind, length := data[0], int(binary.BigEndian.Uint32(data[1:]))
		if length > maxFrame {
			return nil, fmt.Errorf("a frame of type %q and %d bytes", kind, length)
		}
		if len(data) < 5+length {
			if !known(l.carries, kind) {
				return nil, fmt.Errorf("a frame of type %q", kind)
			}
			break
		}
		if err := l.carries.take(kind, data[5:5+length]); err != nil {
			return nil, err
		}
		data = data[5+length:]
	}
	return data, nil
}

// known: a frame of no known type is refused before it is whole.
func known(carries carrier, kind byte) bool {
	_, link := carries.(*link)
	return kind == frameJSON || link && (kind == frameOpen || kind == frameClose)
}

// close ends the line. Its process answers the code and says why.
func (l *line) close(code int, why string) {
	if l.fin < 0 {
		return
	}
	for _, fd := range []int{l.fin, l.fout} {
		l.loop.watch(fd, 0, nil)
		_ = syscall.SetNonblock(fd, false) // whoever else has it open may want it so
		_ = syscall.Close(fd)
	}
	l.fin, l.fout, l.out, l.inbox = -1, -1, nil, nil
	l.conn.answer(message{"code": code, "message": why})
	l.carries.closed()
}

func cut(text string, most int) string {
	if len(text) > most {
		return text[:most]
	}
	return text
}
