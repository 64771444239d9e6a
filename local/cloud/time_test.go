package cloud

import (
	"encoding/json"
	"testing"
)

func TestATimeIsReadAsClientsWriteItAndWrittenAsAWSDoes(t *testing.T) {
	for _, row := range []struct{ text, json, xml string }{
		{`1795516200`, `1.7955162E9`, "2026-11-24T10:30:00.000Z"},
		{`1795516200.25`, `1.79551620025E9`, "2026-11-24T10:30:00.250Z"},
		{`1.7955162e9`, `1.7955162E9`, "2026-11-24T10:30:00.000Z"},
		{`2147483648.002`, `2.147483648002E9`, "2038-01-19T03:14:08.002Z"}, // 2147483648001.9998 ms in binary
		{`0`, `0.0`, "1970-01-01T00:00:00.000Z"},
		{`"2026-11-24T11:30:00+01:00"`, `1.7955162E9`, "2026-11-24T10:30:00.000Z"},
		{`12.5`, `12.5`, "1970-01-01T00:00:12.500Z"},
		{`2000000000`, `2.0E9`, "2033-05-18T03:33:20.000Z"},
		{`10000000`, `1.0E7`, "1970-04-26T17:46:40.000Z"},
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
