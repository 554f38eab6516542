package main

import (
	"context"
	"errors"
	"slices"
	"strings"
)

type dnsOptions struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Timeout int    `json:"timeout"`
}

type dnsRecord struct {
	Target string  `json:"target"`
	Port   *uint16 `json:"port"`
}

type dnsResult struct {
	Problem *string     `json:"problem"`
	Records []dnsRecord `json:"records"`
}

// probeDNS asks the name servers alone, without the hosts file. Records come sorted: servers turn them round.
func probeDNS(ctx context.Context, from *view, asked dnsOptions) (any, error) {
	kind, ok := map[string]uint16{"A": typeA, "CNAME": typeCNAME, "SRV": typeSRV}[asked.Type]
	if !ok {
		return nil, &fault{"bad-request", "no records of type " + asked.Type}
	}
	ctx, cancel := context.WithTimeout(ctx, milliseconds(asked.Timeout))
	defer cancel()
	records, err := from.lookup(ctx, asked.Name, kind)
	if err != nil {
		var name *nameFailure
		if !errors.As(err, &name) {
			return nil, err
		}
		return dnsResult{Problem: problem(name.problem), Records: []dnsRecord{}}, nil
	}
	told := []dnsRecord{}
	for _, one := range records {
		switch kind {
		case typeA:
			told = append(told, dnsRecord{Target: one.address.String()})
		case typeSRV:
			told = append(told, dnsRecord{Target: one.target, Port: &one.port})
		default:
			told = append(told, dnsRecord{Target: one.target})
		}
	}
	slices.SortFunc(told, func(a, b dnsRecord) int {
		if a.Port != nil && b.Port != nil && a.Target == b.Target {
			return int(*a.Port) - int(*b.Port)
		}
		return strings.Compare(a.Target, b.Target)
	})
	return dnsResult{Records: told}, nil
}
