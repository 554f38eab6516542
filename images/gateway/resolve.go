package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// resolvConf is what resolv.conf(5) says, with its limits.
type resolvConf struct {
	servers  []netip.Addr
	search   []string
	ndots    int
	patience time.Duration
	attempts int
}

func parseResolvConf(text []byte) resolvConf {
	conf := resolvConf{ndots: 1, patience: 5 * time.Second, attempts: 2}
	for _, fields := range lines(text, ";#") {
		switch fields[0] {
		case "nameserver":
			if len(fields) > 1 && len(conf.servers) < 3 {
				if address, err := netip.ParseAddr(fields[1]); err == nil {
					conf.servers = append(conf.servers, address)
				}
			}
		case "domain", "search":
			conf.search = fields[1:min(len(fields), 33)]
		case "options":
			for _, option := range fields[1:] {
				name, text, _ := strings.Cut(option, ":")
				value, err := strconv.Atoi(text)
				switch {
				case err != nil || value < 0:
				case name == "ndots":
					conf.ndots = min(value, 15)
				case name == "timeout" && value > 0:
					conf.patience = time.Duration(min(value, 30)) * time.Second
				case name == "attempts" && value > 0:
					conf.attempts = min(value, 5)
				}
			}
		}
	}
	if len(conf.servers) == 0 {
		conf.servers = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	return conf
}

func parseHosts(text []byte) map[string][]netip.Addr {
	hosts := map[string][]netip.Addr{}
	for _, fields := range lines(text, "#") {
		address, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		for _, name := range fields[1:] {
			key := strings.ToLower(strings.TrimSuffix(name, "."))
			hosts[key] = append(hosts[key], address)
		}
	}
	return hosts
}

// lines splits a file into the words of its lines, without empty lines and comments.
func lines(text []byte, comment string) [][]string {
	all := [][]string{}
	scanner := bufio.NewScanner(bytes.NewReader(text))
	for scanner.Scan() {
		line := scanner.Text()
		if at := strings.IndexAny(line, comment); at >= 0 {
			line = line[:at]
		}
		if fields := strings.Fields(line); len(fields) > 0 {
			all = append(all, fields)
		}
	}
	return all
}

// candidates are the absolute names that a name may stand for, in the order they are tried.
func (c resolvConf) candidates(name string) []string {
	if absolute, ok := strings.CutSuffix(name, "."); ok {
		return []string{absolute}
	}
	searched := []string{}
	for _, domain := range c.search {
		searched = append(searched, strings.Trim(name+"."+strings.Trim(domain, "."), "."))
	}
	if strings.Count(name, ".") >= c.ndots {
		return append([]string{name}, searched...)
	}
	return append(searched, name)
}

// nameFailure is how a name does not resolve, as a problem of a probe.
type nameFailure struct{ problem string }

func (n *nameFailure) Error() string { return "the name does not resolve: " + n.problem }

var errNoName = &nameFailure{"no-name"}

// addressesOf resolves a name for a connection: an address as it is, the hosts file, then the name servers.
func (v *view) addressesOf(ctx context.Context, host string) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, nil
	}
	if known := v.hosts[strings.ToLower(strings.TrimSuffix(host, "."))]; len(known) > 0 {
		return known, nil
	}
	records, err := v.lookup(ctx, host, typeA, typeAAAA)
	if err != nil {
		return nil, err
	}
	addresses := []netip.Addr{}
	for _, one := range records {
		addresses = append(addresses, one.address)
	}
	if len(addresses) == 0 {
		return nil, errNoName
	}
	return addresses, nil
}

// lookup asks for records of the first kind that there are any of, for each candidate in turn. No records of a name that
// exists are an empty answer. A name server that fails leaves it open whether the name exists, unless it has said so of every
// candidate before: those that come last, most often the bare name, are asked of a world outside that may not be there.
func (v *view) lookup(ctx context.Context, name string, kinds ...uint16) ([]record, error) {
	var failure error
	absent, exists := false, false
	for _, candidate := range v.resolv.candidates(name) {
		for _, kind := range kinds {
			said, err := v.ask(ctx, candidate, kind)
			if err != nil {
				var known *nameFailure
				if !errors.As(err, &known) {
					return nil, err
				}
				if failure == nil && !absent && !exists {
					failure = err
				}
				break
			}
			if said.code == codeNXDomain {
				absent = true
				break
			}
			exists = true
			if records := ofKind(said.records, kind); len(records) > 0 {
				return records, nil
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	switch {
	case exists:
		return nil, nil
	case failure != nil:
		return nil, failure
	}
	return nil, errNoName
}

func ofKind(records []record, kind uint16) []record {
	kept := []record{}
	for _, one := range records {
		if one.kind == kind {
			kept = append(kept, one)
		}
	}
	return kept
}

// ask asks each name server in turn for one name, as often as resolv.conf says.
func (v *view) ask(ctx context.Context, name string, kind uint16) (message, error) {
	id := uint16(rand.Uint32())
	query, err := question(id, name, kind)
	if err != nil {
		return message{code: codeNXDomain}, nil
	}
	failure := &nameFailure{"timeout"}
	for range v.resolv.attempts {
		for _, server := range v.resolv.servers {
			said, err := v.askOne(ctx, netip.AddrPortFrom(server, 53), query, id, name, kind)
			var trouble *fault
			if errors.As(err, &trouble) {
				return message{}, err
			}
			switch {
			case err != nil:
				failure = &nameFailure{problemOf(err)}
			case said.code == codeNone || said.code == codeNXDomain:
				return said, nil
			default:
				failure = &nameFailure{"broken"}
			}
			if ctx.Err() != nil {
				return message{}, failure
			}
		}
	}
	return message{}, failure
}

// resend is how long a question over UDP may stay unanswered before it is sent once more: packets get lost.
const resend = 700 * time.Millisecond

func (v *view) askOne(ctx context.Context, server netip.AddrPort, query []byte, id uint16, name string, kind uint16) (message, error) {
	ctx, cancel := context.WithTimeout(ctx, v.resolv.patience)
	defer cancel()
	conn, err := v.connectTo(ctx, "udp", server)
	if err != nil {
		return message{}, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	again := time.AfterFunc(resend, func() { _, _ = conn.Write(query) })
	defer again.Stop()
	if _, err := conn.Write(query); err != nil {
		return message{}, err
	}
	packet := make([]byte, 65535)
	for {
		size, err := conn.Read(packet)
		if err != nil {
			return message{}, err
		}
		said, mine, err := readMessage(packet[:size], id, name, kind)
		switch {
		case !mine:
			continue
		case err == nil && said.truncated:
			return v.askByTCP(ctx, server, query, id, name, kind)
		}
		return said, err
	}
}

func (v *view) askByTCP(ctx context.Context, server netip.AddrPort, query []byte, id uint16, name string, kind uint16) (message, error) {
	conn, err := v.connectTo(ctx, "tcp", server)
	if err != nil {
		return message{}, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)); err != nil {
		return message{}, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return message{}, err
	}
	packet := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, packet); err != nil {
		return message{}, err
	}
	said, mine, err := readMessage(packet, id, name, kind)
	if err == nil && !mine {
		err = errMessage
	}
	return said, err
}
