package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The client of an agent ends it at a line of 8 MiB.
const longestLine = 8 << 20

func TestAnswersWithHugeHeadersFitALine(t *testing.T) {
	for _, huge := range []string{strings.Repeat("<", 60_000), strings.Repeat("\xff", 60_000), strings.Repeat("\"", 60_000)} {
		target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["X-Huge"] = []string{huge}
			_, _ = w.Write(bytes.Repeat([]byte("<"), 10_000))
		}))
		probe := fmt.Sprintf(`{"id":1,"place":{"kind":"network"},"probe":{"op":"http","url":%q,"times":100,"keep":["x-huge"],"maxBytes":10000,"timeout":5000}}`, target.URL)
		line := attempt(context.Background(), []byte(probe), nil)
		target.Close()
		written, err := lineOf(line)
		if err != nil || len(written) > longestLine {
			t.Fatalf("%d bytes, %v", len(written), err)
		}
		var told struct{ Result []httpResult }
		if err := json.Unmarshal(written, &told); err != nil || len(told.Result) != 100 {
			t.Fatalf("%d answers, %v: %.300s", len(told.Result), err, written)
		}
		if kept := told.Result[99].Headers["x-huge"]; len(kept) != 4<<10 || told.Result[99].Problem != nil {
			t.Errorf("%d bytes of the header were kept", len(kept))
		}
	}
}
