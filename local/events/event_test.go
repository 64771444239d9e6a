package events

import (
	"encoding/json"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A pattern sees each member of an event on the bus, without the event being
// encoded for it.
func TestAPatternSeesEveryMemberOfAnEvent(t *testing.T) {
	const text = `{"version":"0","id":"1","detail-type":"Object Created","source":"aws.s3","account":"111122223333",
		"time":"2026-11-21T10:00:00Z","region":"eu-central-1","resources":["arn:aws:s3:::landing"],"detail":{"reason":"PutObject"}}`
	var e cloud.Event
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatal(err)
	}
	s := New(cloud.New(cloud.Site{}))
	for member, values := range map[string]string{
		"version": `["0"]`, "id": `["1"]`, "detail-type": `["Object Created"]`, "source": `["aws.s3"]`, "account": `["111122223333"]`,
		"time": `[{"prefix":"2026-11-21T10:00:00Z"}]`, "region": `["eu-central-1"]`, "resources": `["arn:aws:s3:::landing"]`,
		"detail": `{"reason":["PutObject"]}`, "other": `[{"exists":false}]`,
	} {
		p, err := patterns.Compile(`{"` + member + `":` + values + `}`)
		if err != nil {
			t.Fatal(err)
		}
		if !p.Matches(s.newEvent(e)) {
			t.Errorf("no match by %s", member)
		}
	}
}
