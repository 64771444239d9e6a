package cloud

import (
	"encoding/json"
	"testing"
)

func TestATimeIsReadAsClientsWriteIt(t *testing.T) {
	for _, row := range []struct{ text, json, xml string }{
		{`1795516200`, `1795516200`, "2026-11-24T10:30:00.000Z"},
		{`1795516200.25`, `1795516200.25`, "2026-11-24T10:30:00.250Z"},
		{`1.7955162e9`, `1795516200`, "2026-11-24T10:30:00.000Z"},
		{`2147483648.002`, `2147483648.002`, "2038-01-19T03:14:08.002Z"}, // 2147483648001.9998 ms in binary
		{`0`, `0`, "1970-01-01T00:00:00.000Z"},
		{`"2026-11-24T11:30:00+01:00"`, `1795516200`, "2026-11-24T10:30:00.000Z"},
		{`"yesterday"`, ``, ""},
		{`true`, ``, ""},
		{`{}`, ``, ""},
	} {
		var got Time
		err := json.Unmarshal([]byte(row.text), &got)
		if (err == nil) != (row.json != "") {
			t.Errorf("%s: %v", row.text, err)
		}
		if err != nil {
			continue
		}
		if raw, err := json.Marshal(got); err != nil || string(raw) != row.json || got.String() != row.xml {
			t.Errorf("%s: got %s and %s, %v; want %s and %s", row.text, raw, got, err, row.json, row.xml)
		}
	}
}
