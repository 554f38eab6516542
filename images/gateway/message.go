package main

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
)

// Types and codes of the domain name system. https://www.rfc-editor.org/rfc/rfc1035 and rfc2782
const (
	typeA     = 1
	typeCNAME = 5
	typeAAAA  = 28
	typeSRV   = 33

	codeNone     = 0
	codeNXDomain = 3
)

type record struct {
	kind    uint16
	address netip.Addr
	target  string
	port    uint16
}

type message struct {
	code      int
	truncated bool
	records   []record
}

var errMessage = errors.New("the name server's answer cannot be read")

// question writes a query for one name, which must be absolute and without its last dot.
func question(id uint16, name string, kind uint16) ([]byte, error) {
	if name == "" || len(name) > 253 {
		return nil, errMessage
	}
	query := binary.BigEndian.AppendUint16(nil, id)
	query = append(query, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	for _, label := range strings.Split(name, ".") {
		if label == "" || len(label) > 63 {
			return nil, errMessage
		}
		query = append(append(query, byte(len(label))), label...)
	}
	query = append(query, 0)
	query = binary.BigEndian.AppendUint16(query, kind)
	return binary.BigEndian.AppendUint16(query, 1), nil
}

// readMessage reads the answer to a question; ok is false when it is another one's.
func readMessage(packet []byte, id uint16, name string, kind uint16) (m message, ok bool, err error) {
	if len(packet) < 12 || binary.BigEndian.Uint16(packet) != id || packet[2]&0x80 == 0 {
		return m, false, nil
	}
	m = message{code: int(packet[3] & 0x0f), truncated: packet[2]&0x02 != 0}
	questions, answers := binary.BigEndian.Uint16(packet[4:]), binary.BigEndian.Uint16(packet[6:])
	at := 12
	for range questions {
		asked, next, err := readName(packet, at)
		if err != nil || next+4 > len(packet) {
			return m, true, errMessage
		}
		if !strings.EqualFold(asked, name) || binary.BigEndian.Uint16(packet[next:]) != kind {
			return m, false, nil
		}
		at = next + 4
	}
	for range answers {
		_, next, err := readName(packet, at)
		if err != nil || next+10 > len(packet) {
			return m, true, unless(m.truncated)
		}
		of, length := binary.BigEndian.Uint16(packet[next:]), int(binary.BigEndian.Uint16(packet[next+8:]))
		data := next + 10
		at = data + length
		if at > len(packet) {
			return m, true, unless(m.truncated)
		}
		one := record{kind: of}
		switch {
		case of == typeA && length == 4, of == typeAAAA && length == 16:
			one.address, _ = netip.AddrFromSlice(packet[data:at])
		case of == typeCNAME:
			one.target, _, err = readName(packet, data)
		case of == typeSRV && length > 6:
			one.port = binary.BigEndian.Uint16(packet[data+4:])
			one.target, _, err = readName(packet, data+6)
		}
		if err != nil {
			return m, true, errMessage
		}
		m.records = append(m.records, one)
	}
	return m, true, nil
}

// unless lets a truncated answer end anywhere: it is asked for again over TCP.
func unless(truncated bool) error {
	if truncated {
		return nil
	}
	return errMessage
}

// readName reads a name, which may go on elsewhere in the packet, and tells where it ends here.
func readName(packet []byte, at int) (name string, next int, err error) {
	labels := []string{}
	for jumps, size := 0, 0; ; {
		if at >= len(packet) {
			return "", 0, errMessage
		}
		length := int(packet[at])
		switch {
		case length == 0:
			if next == 0 {
				next = at + 1
			}
			return strings.Join(labels, "."), next, nil
		case length&0xc0 == 0xc0:
			if jumps++; at+1 >= len(packet) || jumps > 32 {
				return "", 0, errMessage
			}
			if next == 0 {
				next = at + 2
			}
			at = int(binary.BigEndian.Uint16(packet[at:]) & 0x3fff)
		case length > 63 || at+1+length > len(packet):
			return "", 0, errMessage
		default:
			if size += length + 1; size > 255 {
				return "", 0, errMessage
			}
			labels = append(labels, string(packet[at+1:at+1+length]))
			at += 1 + length
		}
	}
}
