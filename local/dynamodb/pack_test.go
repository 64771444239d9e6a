package dynamodb

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func mustItem(t *testing.T, text string) item {
	t.Helper()
	var i item
	if err := json.Unmarshal([]byte(text), &i); err != nil {
		t.Fatal(err)
	}
	return i
}

func TestAPackedItemComesBackAsItWas(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	for name, text := range map[string]string{
		"scalars":           `{"id": {"S": "é\u0000"}, "n": {"N": "-1.5E-7"}, "b": {"B": "AP8="}, "yes": {"BOOL": true}, "no": {"BOOL": false}, "nothing": {"NULL": true}}`,
		"empty ones":        `{"id": {"S": ""}, "b": {"B": ""}, "m": {"M": {}}, "l": {"L": []}}`,
		"sets":              `{"ss": {"SS": ["b", "a"]}, "ns": {"NS": ["2", "10"]}, "bs": {"BS": ["AA==", "/w=="]}}`,
		"nested ones":       `{"m": {"M": {"id": {"S": "inner"}, "l": {"L": [{"M": {"a": {"L": [{"N": "1"}]}}}, {"NULL": true}]}}}}`,
		"a text of its own": `{"id": {"S": "` + long + `"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			n, want := newNames(), mustItem(t, text)
			if got := n.unpack(n.pack(want)); !got.equal(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestAPackedItemIsNoLargerThanDynamoDBCountsIt(t *testing.T) {
	n := newNames()
	i := mustItem(t, `{"fileId": {"S": "f-0123456789"}, "ordinal": {"N": "42"}, "status": {"S": "STORED"}, "fields": {"M": {"TransactionID": {"S": "T42"}}}}`)
	if packed := n.pack(i); len(packed) > i.size() {
		t.Errorf("%d bytes for an item of %d", len(packed), i.size())
	}
}

func TestMoreNamesThanThereAreNumbersForArePackedAsText(t *testing.T) {
	n := newNames()
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			for j := range 200 {
				want := item{fmt.Sprintf("name-%d-%d", worker, j): text(kindString, "a"), "shared": text(kindString, "b")}
				if got := n.unpack(n.pack(want)); !got.equal(want) {
					t.Errorf("got %v, want %v", got, want)
				}
			}
		})
	}
	wait.Wait()
	if known := len(n.list()); known != maxCoded {
		t.Errorf("%d names have numbers, want %d", known, maxCoded)
	}
}
