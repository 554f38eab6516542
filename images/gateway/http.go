package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

type httpOptions struct {
	URL       string            `json:"url"`
	Host      *string           `json:"host"`
	Headers   map[string]string `json:"headers"`
	Cookies   bool              `json:"cookies"`
	Redirects int               `json:"redirects"`
	CA        *string           `json:"ca"`
	Times     int               `json:"times"`
	Keep      []string          `json:"keep"`
	MaxBytes  int               `json:"maxBytes"`
	Timeout   int               `json:"timeout"`
}

type httpResult struct {
	Status  *int              `json:"status"`
	Problem *string           `json:"problem"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"`
}

const (
	maxTimes  = 100
	maxBodies = 4 << 20
	// What is kept of one header, and of all headers of a probe: the answer is a line of bounded size.
	maxHeader  = 4 << 10
	maxHeaders = 1 << 20
	// series bounds all exchanges of one probe: a target that has not answered the last by then did not answer it.
	series = 6 * time.Second
)

// probeHTTP makes the same request one or more times, each over a connection of its own.
func probeHTTP(ctx context.Context, from *view, asked httpOptions) (any, error) {
	if asked.Times < 1 || asked.Times > maxTimes || asked.MaxBytes < 0 || asked.MaxBytes*asked.Times > maxBodies {
		return nil, &fault{"bad-request", "too much to ask at once"}
	}
	client, template, err := httpClient(from, asked)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, series)
	defer cancel()
	results := []httpResult{}
	for range asked.Times {
		one, err := exchange(ctx, client, template, asked)
		if err != nil {
			return nil, err
		}
		results = append(results, one)
	}
	return results, nil
}

// httpClient speaks to an address for a host: where a host is given, its name leads to the URL's own.
func httpClient(from *view, asked httpOptions) (*http.Client, *http.Request, error) {
	target, err := url.Parse(asked.URL)
	if err != nil || target.Host == "" || (target.Scheme != "http" && target.Scheme != "https") {
		return nil, nil, &fault{"bad-request", "not a URL of http or https"}
	}
	address, alias := target.Hostname(), ""
	if asked.Host != nil {
		named, err := url.Parse("http://" + *asked.Host)
		if err != nil || named.Hostname() == "" {
			return nil, nil, &fault{"bad-request", *asked.Host + " is not a host"}
		}
		alias = named.Hostname()
		if port := target.Port(); port != "" {
			target.Host = net.JoinHostPort(alias, port)
		} else {
			target.Host = alias
		}
	}
	trust := &tls.Config{InsecureSkipVerify: asked.CA == nil}
	if asked.CA != nil {
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM([]byte(*asked.CA)) {
			return nil, nil, &fault{"bad-request", "no certificate of an authority was given"}
		}
	}
	transport := &http.Transport{
		DialContext: func(detached context.Context, _, to string) (net.Conn, error) {
			// net/http lets a connection be made to its end for the sake of later requests; here there are none.
			ctx, ok := detached.Value(exchanging{}).(context.Context)
			if !ok {
				ctx = detached
			}
			host, port, err := net.SplitHostPort(to)
			if err != nil {
				return nil, err
			}
			number, err := portOf(port)
			if err != nil {
				return nil, err
			}
			if host == alias {
				host = address
			}
			conn, err := from.connectByName(ctx, host, number)
			if end, ok := ctx.Deadline(); ok && err == nil {
				_ = conn.SetDeadline(end)
			}
			return conn, err
		},
		TLSClientConfig:        trust,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 * 1024,
	}
	client := &http.Client{
		Transport: transport,
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > asked.Redirects {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
	if asked.Cookies {
		client.Jar, _ = cookiejar.New(nil)
	}
	template, err := http.NewRequest(http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, nil, &fault{"bad-request", err.Error()}
	}
	template.Header.Set("User-Agent", "slipway")
	for name, value := range asked.Headers {
		if strings.EqualFold(name, "host") {
			template.Host = value
		} else {
			template.Header.Set(name, value)
		}
	}
	if asked.Host != nil {
		template.Host = *asked.Host
	}
	return client, template, nil
}

// exchanging is the key of an exchange's own context among the values of its request's.
type exchanging struct{}

func exchange(ctx context.Context, client *http.Client, template *http.Request, asked httpOptions) (httpResult, error) {
	ctx, cancel := context.WithTimeout(ctx, milliseconds(asked.Timeout))
	defer cancel()
	result := httpResult{Headers: map[string]string{}, Body: []byte{}}
	response, err := client.Do(template.Clone(context.WithValue(ctx, exchanging{}, ctx)))
	if err != nil {
		if ours := oursOf(err); ours != nil {
			return result, ours
		}
		result.Problem = problem(httpProblem(ctx, err))
		return result, nil
	}
	defer response.Body.Close()
	result.Status = &response.StatusCode
	for _, name := range asked.Keep {
		if values := response.Header.Values(name); len(values) > 0 {
			result.Headers[strings.ToLower(name)] = kept(strings.Join(values, ", "), asked)
		}
	}
	result.Body, err = io.ReadAll(io.LimitReader(response.Body, int64(asked.MaxBytes)+1))
	switch {
	case len(result.Body) > asked.MaxBytes:
		result.Body, result.Problem = result.Body[:asked.MaxBytes], problem("broken")
	case err != nil:
		result.Problem = problem(httpProblem(ctx, err))
	}
	return result, nil
}

// kept is a header's value as it is told: cut, and with marks for bytes that JSON would make much longer.
func kept(value string, asked httpOptions) string {
	most := min(maxHeader, maxHeaders/(max(asked.Times, 1)*max(len(asked.Keep), 1)))
	return strings.Map(func(char rune) rune {
		if char < ' ' || char == utf8.RuneError {
			return '?'
		}
		return char
	}, value[:min(len(value), most)])
}

// httpProblem reads an error of net/http, which tells its own time limits in several ways.
func httpProblem(ctx context.Context, err error) string {
	var name *nameFailure
	if ctx.Err() != nil && !errors.As(err, &name) {
		return "timeout"
	}
	return problemOf(err)
}
