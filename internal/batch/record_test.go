package batch

import (
	"reflect"
	"strings"
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// fill makes a record from a compact notation: "<name" opens an element, ">"
// closes it, "@name=value" is an attribute, anything else is text.
func fill(r *Record, steps ...string) {
	r.Begin()
	r.Identify([]byte("1"))
	for _, step := range steps {
		switch {
		case step == ">":
			r.Close()
		case strings.HasPrefix(step, "<"):
			r.Open([]byte(step[1:]))
		case strings.HasPrefix(step, "@"):
			name, value, _ := strings.Cut(step[1:], "=")
			r.Attribute([]byte(name), []byte(value))
		default:
			r.Text([]byte(step))
		}
	}
	r.End()
}

func TestARecordIsATree(t *testing.T) {
	leaf := func(name, text string) contract.Node { return contract.Node{Name: name, Text: text} }
	for _, c := range []struct {
		name  string
		steps []string
		want  contract.Content
	}{
		{"nothing", nil, contract.Content{}},
		{"an empty element", []string{"<A", ">"}, contract.Content{Children: []contract.Node{leaf("A", "")}}},
		{"a text in pieces", []string{"<A", "a", "", "b", ">"}, contract.Content{Children: []contract.Node{leaf("A", "ab")}}},
		{"a blank text", []string{" ", "<A", " \t\r\n", ">", " "}, contract.Content{Children: []contract.Node{leaf("A", " \t\r\n")}}},
		{"repeated groups", []string{"<L", "<S", "A", ">", "<Q", "2", ">", ">", "<L", "<S", "B", ">", ">"}, contract.Content{Children: []contract.Node{
			{Name: "L", Children: []contract.Node{leaf("S", "A"), leaf("Q", "2")}}, {Name: "L", Children: []contract.Node{leaf("S", "B")}}}}},
		{"texts between elements", []string{"a", "<B", " ", "<C", ">", "d", "<E", ">", " ", ">", "f"}, contract.Content{Children: []contract.Node{
			leaf("", "a"), {Name: "B", Children: []contract.Node{leaf("C", ""), leaf("", "d"), leaf("E", "")}}, leaf("", "f")}}},
		{"text only", []string{"a"}, contract.Content{Children: []contract.Node{leaf("", "a")}}},
		{"attributes", []string{"@b=1", "@a=2", "<A", "@a=2", "@a=1", "@=", "x", ">"}, contract.Content{
			Attributes: []contract.Attribute{{Name: "a", Text: "2"}, {Name: "b", Text: "1"}},
			Children:   []contract.Node{{Name: "A", Text: "x", Attributes: []contract.Attribute{{}, {Name: "a", Text: "1"}, {Name: "a", Text: "2"}}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r Record
			fill(&r, "<other", "@x=y", "z") // what an earlier record leaves behind
			fill(&r, c.steps...)
			if got := r.Content(); r.Code != "" || r.Ordinal != 2 || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v, %s\nwant %+v", got, r.Code, c.want)
			}
		})
	}
}

func TestARecordThatCouldNotBeStoredIsRejectedAndNotGathered(t *testing.T) {
	long := strings.Repeat("x", 64<<10)
	elements := contract.MaxContentBytes / len(`{"M":{"name":{"S":"a"},"text":{"S":""}}},`)
	for _, c := range []struct {
		name  string
		steps []string
	}{
		{"text", repeat(long, 100)},
		{"names", repeat("<"+long, 8)},
		{"attributes", repeat("@a="+long, 100)},
		{"small elements", repeat("<a", elements+1)},
		{"small attributes", repeat("@a=", elements+1)},
		{"small texts", strings.Split(strings.Repeat("<a x > y ", 2*elements), " ")},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r Record
			fill(&r, c.steps...)
			if r.Code != contract.CodeTransactionTooLarge || cap(r.text) > 2*contract.MaxContentBytes || len(r.pieces) > 0 {
				t.Errorf("code %q, %d bytes and %d pieces held", r.Code, cap(r.text), len(r.pieces))
			}
			if fill(&r, "<a", "b", ">"); r.Code != "" || len(r.Content().Children) != 1 {
				t.Errorf("the next record: %q, %+v", r.Code, r.Content())
			}
		})
	}
}

func TestTheFirstReasonToRejectARecordCounts(t *testing.T) {
	var r Record
	r.Begin()
	r.Reject("FIRST", "It is %d.", 1)
	r.Reject("SECOND", "It is not.")
	r.Open([]byte("a"))
	r.Text([]byte("b"))
	r.Close()
	if r.End(); r.Code != "FIRST" || r.Message != "It is 1." || len(r.Content().Children) > 0 {
		t.Errorf("%q, %q, %+v", r.Code, r.Message, r.Content())
	}
}
