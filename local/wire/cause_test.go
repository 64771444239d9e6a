package wire

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestCausesThatHaveNoRoomInTheHeaderAreCounted(t *testing.T) {
	root := &cloud.Cause{Type: "object", Resource: "arn:aws:s3:::bucket/é😀"}
	batch := &cloud.Cause{Type: "invocation", Resource: "arn:aws:lambda:us-east-1:000000000000:function:f"}
	for i := range 1000 {
		batch.Of = append(batch.Of, &cloud.Cause{Type: "message", ID: fmt.Sprint(i), Of: []*cloud.Cause{root}})
	}
	item := &cloud.Cause{Type: "item", Of: []*cloud.Cause{batch, root}}
	text := causesHeader(item)
	if len(text) > maxCauses || strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 || r < ' ' }) {
		t.Errorf("the header has %d bytes: %s", len(text), text)
	}
	causes, err := Causes(http.Header{AskCause: {text}})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(causes[0].Type, causes[0].Of, causes[1].Type, causes[2].Resource); got != "item[1 2]invocationarn:aws:s3:::bucket/é😀" {
		t.Errorf("the first causes are %s", got)
	}
	told := len(causes) - 3
	if told < 50 || len(causes[1].Of) != told || causes[1].More != 1000-told {
		t.Errorf("%d of 1000 messages are told, the invocation is of %d and %d more", told, len(causes[1].Of), causes[1].More)
	}
	for _, c := range causes[3:] {
		if c.Type != "message" || fmt.Sprint(c.Of) != "[2]" {
			t.Errorf("%s %s is of %v, want the object", c.Type, c.Id, c.Of)
		}
	}
}
