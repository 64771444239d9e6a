package format

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/batch"
	"github.com/tradepost-dev/tradepost/internal/batch/xml"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func TestTheExampleOfTheDocumentIsStoredAsItSays(t *testing.T) {
	document, err := os.ReadFile("../../../docs/record.md")
	if err != nil {
		t.Fatal(err)
	}
	record, shown := fenced(t, document, "xml"), fenced(t, document, "json")
	var want any
	if err := json.Unmarshal([]byte(shown), &want); err != nil {
		t.Fatal(err)
	}
	records := 0
	err = (xml.Format{}).Split(strings.NewReader("<Transactions>"+record+"</Transactions>"), 0, func(r *batch.Record) error {
		records++
		formatted, err := Handle(t.Context(), contract.Message{Content: r.Content()})
		if got := plain(formatted.Content); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got  %v, %v\nwant %v", got, err, want)
		}
		return nil
	})
	if err != nil || records != 1 {
		t.Fatalf("%d records, %v", records, err)
	}
}

// fenced is the first code block of a language.
func fenced(t *testing.T, document []byte, language string) string {
	t.Helper()
	match := regexp.MustCompile("(?s)\n```" + language + "\n(.*?)```\n").FindSubmatch(document)
	if match == nil {
		t.Fatalf("docs/record.md has no %s", language)
	}
	return string(match[1])
}

// plain is a value without DynamoDB's type letters.
func plain(v contract.AttributeValue) any {
	switch {
	case v.S != nil:
		return *v.S
	case v.L != nil:
		list := make([]any, len(v.L))
		for i, element := range v.L {
			list[i] = plain(element)
		}
		return list
	}
	members := make(map[string]any)
	for name, member := range v.M {
		members[name] = plain(member)
	}
	return members
}
