package wire

// This file tells what caused what a call answers, to who asks for it.

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// AskCause is the header in which a client asks by "true" for what caused what it reads,
// and gets the answer, which Causes reads. AWS has nothing like it.
const AskCause = "Tradepost-Cause"

// Cause is something that has happened, as the header tells it.
type Cause struct {
	Type     string    // "item", "object", "message", "event", "invocation", "execution", ...
	Resource string    // ARN of what it is of
	Id       string    `json:",omitempty"` // which one of the resource's
	Action   string    `json:",omitempty"` // the call that made it: "sqs:SendMessage"
	By       string    `json:",omitempty"` // ARN of who has called
	At       time.Time // when
	Of       []int     `json:",omitempty"` // places in the list of what it came of, or of one of them
	More     int       `json:",omitempty"` // how many others there are that the header has no room for
}

// maxCauses is how many bytes the header has at most: clients take 16 KiB of headers, and some no more.
const maxCauses = 12 << 10

// Causes reads what the header of an answer tells: the first one is what made the thing that was read,
// those that it came of follow it. It is empty if nothing is known.
func Causes(answer http.Header) (causes []Cause, err error) {
	text := answer.Get(AskCause)
	if text == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &causes); err != nil {
		return nil, fmt.Errorf("read the header %s: %w", AskCause, err)
	}
	return causes, nil
}

// asking is the context of a call that is to tell causes, if the request asks for them.
func (x *Exchange) asking(ctx context.Context, action string) (context.Context, error) {
	switch asked := x.Request.Header.Get(AskCause); asked {
	case "":
		return ctx, nil
	case "true":
	default:
		return nil, cloud.Errorf(http.StatusBadRequest, "ValidationException", "the header %s is %q: it can only be true", AskCause, asked)
	}
	return x.cloud.Asking(ctx, x.service, action, func(cause *cloud.Cause) { x.Writer.Header().Set(AskCause, causesHeader(cause)) })
}

// causesHeader tells of a cause and what it came of, the nearest first, as far as there is room.
func causesHeader(first *cloud.Cause) string {
	var told []string
	room, places, queue := maxCauses, map[*cloud.Cause]int{first: 0}, []*cloud.Cause{first}
	entry := func(c *cloud.Cause, of []int) string {
		return ascii(Cause{c.Type, c.Resource, c.ID, c.Action, c.By, c.At.UTC(), of, len(c.Of) - len(of)})
	}
	room -= len(entry(first, nil))
	for i := 0; i < len(queue); i++ {
		var of []int
		for _, c := range queue[i].Of {
			place, known := places[c]
			if !known {
				size := len(entry(c, nil)) + 2*len(",1234")
				if size > room {
					continue
				}
				room -= size
				place = len(queue)
				places[c], queue = place, append(queue, c)
			}
			of = append(of, place)
		}
		told = append(told, entry(queue[i], of))
	}
	return "[" + strings.Join(told, ",") + "]"
}

// ascii is JSON as a header can have it.
func ascii(value Cause) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // texts and numbers
	}
	var b strings.Builder
	for _, r := range string(text) {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			b.WriteString(`\u` + strconv.FormatInt(int64(r)+0x10000, 16)[1:])
		}
	}
	return b.String()
}
