package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"unicode/utf8"
)

var shellName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// message is one of src/lab/wire.ts, or an answer on the control socket.
type message map[string]any

// opening asks for a shell.
type opening struct {
	ID     string  `json:"id"`
	Offset *int64  `json:"offset"`
	Boot   *string `json:"boot"`
	Client *string `json:"client"`
}

func (o opening) check() error {
	if !shellName.MatchString(o.ID) {
		return errors.New("a shell is named by 1 to 32 lower-case letters, digits and dashes")
	}
	return whole(o.Offset, -1, greatest)
}

func readOpening(payload []byte) (asked opening, err error) {
	return asked, read(payload, &asked)
}

// up is whatever a browser says.
type up struct {
	Type                    string
	ID, Data                text
	Seq, Offset, Cols, Rows *int64
	Signal                  string
}

func readUp(payload []byte) (asked up, err error) {
	return asked, read(payload, &asked)
}

func read(payload []byte, into any) error {
	if !utf8.Valid(payload) {
		return errors.New("not UTF-8")
	}
	return json.Unmarshal(payload, into)
}

// text is one that has to be there, and not too long.
type text struct{ text *string }

func (t *text) UnmarshalJSON(value []byte) error { return json.Unmarshal(value, &t.text) }

func (t text) check() error {
	if t.text == nil || utf8.RuneCountInString(*t.text) > maxText {
		return fmt.Errorf("not a text of at most %d characters", maxText)
	}
	return nil
}

func (t text) bytes() []byte { return []byte(*t.text) }

func whole(value *int64, least, most int64) error {
	if value == nil || *value < least || *value > most {
		return fmt.Errorf("not a whole number from %d to %d", least, most)
	}
	return nil
}
