package main

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestResolvConfIsReadAsTheSystemReadsIt(t *testing.T) {
	conf := parseResolvConf([]byte("# by hand\nnameserver 10.96.0.10\nnameserver nonsense\nsearch a.local\nsearch quay.svc.cluster.local svc.cluster.local. ; last wins\noptions ndots:5 timeout:1 attempts:99 rotate\n"))
	if len(conf.servers) != 1 || conf.ndots != 5 || conf.patience != time.Second || conf.attempts != 5 {
		t.Errorf("%+v", conf)
	}
	for name, want := range map[string][]string{
		"api":          {"api.quay.svc.cluster.local", "api.svc.cluster.local", "api"},
		"api.":         {"api"},
		"a.b.c.d.e.f":  {"a.b.c.d.e.f", "a.b.c.d.e.f.quay.svc.cluster.local", "a.b.c.d.e.f.svc.cluster.local"},
		"_web._tcp.db": {"_web._tcp.db.quay.svc.cluster.local", "_web._tcp.db.svc.cluster.local", "_web._tcp.db"},
	} {
		if got := conf.candidates(name); !slices.Equal(got, want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if empty := parseResolvConf(nil); empty.servers[0].String() != "127.0.0.1" || empty.ndots != 1 {
		t.Errorf("%+v", empty)
	}
}

// An answer of one SRV record whose target goes on in the question, as servers compress it.
func srvAnswer() []byte {
	query, _ := question(7, "_web._tcp.db", typeSRV)
	answer := append([]byte(nil), query...)
	answer[2], answer[7] = 0x81, 1
	answer = append(answer, 0xc0, 12, 0, typeSRV, 0, 1, 0, 0, 0, 5, 0, 8, 0, 0, 0, 0, 0x1f, 0x90)
	return append(answer, 0xc0, 22)
}

func TestAnAnswerIsRead(t *testing.T) {
	said, mine, err := readMessage(srvAnswer(), 7, "_WEB._tcp.db", typeSRV)
	if !mine || err != nil || len(said.records) != 1 || said.records[0].target != "db" || said.records[0].port != 8080 {
		t.Errorf("%+v %v %v", said, mine, err)
	}
	if _, mine, _ := readMessage(srvAnswer(), 8, "_web._tcp.db", typeSRV); mine {
		t.Error("took another's answer")
	}
	if _, mine, _ := readMessage(srvAnswer(), 7, "_web._tcp.other", typeSRV); mine {
		t.Error("took the answer to another question")
	}
}

func TestAHostileAnswerIsAnErrorAndNoMore(t *testing.T) {
	loop := srvAnswer()
	loop[len(loop)-1] = byte(len(loop) - 2)
	if _, _, err := readMessage(loop, 7, "_web._tcp.db", typeSRV); err == nil {
		t.Error("followed a name that never ends")
	}
	source := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		packet := srvAnswer()
		for range 1 + source.IntN(6) {
			packet[source.IntN(len(packet))] = byte(source.Uint32())
		}
		packet[0], packet[1] = 0, 7
		_, _, _ = readMessage(packet[:source.IntN(len(packet)+1)], 7, "_web._tcp.db", typeSRV)
	}
}
