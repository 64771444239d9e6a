package cloudtrail

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// embedded is what several outputs share.
type embedded struct{ Shared string }

type output struct {
	embedded
	Named     string `json:"OtherName"`
	Short     string `json:",omitempty"`
	Skipped   string `json:"-"`
	hidden    string
	Empty     []string `json:",omitempty"`
	Full      []string `json:",omitempty"`
	Always    []string
	Nothing   *string
	Pointer   *string
	Any       any
	Created   *cloud.Time
	Parts     []embedded
	AccessKey struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	URL       string
}

func TestAnAnswersMembersAreRecordedWithoutWhatIsSecret(t *testing.T) {
	text, created := "p", cloud.Time(time.Date(2026, 3, 5, 15, 4, 5, 0, time.FixedZone("", 3600)))
	full := output{embedded: embedded{"s"}, Named: "n", Skipped: "x", hidden: "x", Empty: []string{}, Full: []string{"a"}, Pointer: &text, Any: &text, Created: &created, Parts: []embedded{{"1"}, {"2"}}}
	full.AccessKey.AccessKeyId, full.AccessKey.SecretAccessKey, full.AccessKey.SessionToken = "id", "x", "x"
	for _, row := range []struct {
		name   string
		output any
		want   string
	}{
		{"everything", &full, `{"accessKey":{"accessKeyId":"id"},"always":[],"any":"p","created":"Mar 5, 2026 2:04:05 PM","full":["a"],"otherName":"n","parts":[{"shared":"1"},{"shared":"2"}],"pointer":"p","shared":"s","uRL":""}`},
		{"no members", struct{}{}, "null"},
		{"nothing", nil, "null"},
		{"no object", "text", "null"},
		{"JSON", json.RawMessage(`{"Outer": {"Inner": [{"Deep": 1}, "Text"]}, "": 2}`), `{"":2,"outer":{"inner":[{"deep":1},"Text"]}}`},
		{"JSON without members", json.RawMessage(`{}`), "null"},
		{"JSON that is no object", json.RawMessage(`[1]`), "null"},
	} {
		got, err := json.Marshal(elements(row.output))
		if err != nil || string(got) != row.want {
			t.Errorf("%s: %v, %s, want %s", row.name, err, got, row.want)
		}
	}
}

func TestWhatIsTooLargeIsReplacedByItsSize(t *testing.T) {
	const frame = len(`{"a":""}`)
	for size, want := range map[int]string{
		maxElement:     "",
		maxElement + 1: `{"omitted":true,"originalSize":102401,"reason":"responseElements too large"}`,
	} {
		members := map[string]any{"a": strings.Repeat("x", size-frame)}
		got, err := json.Marshal(bounded("responseElements", members))
		if err != nil || want == "" && len(got) != size || want != "" && string(got) != want {
			t.Errorf("of %d bytes: %v, %.100s, want %s", size, err, got, want)
		}
	}
}

func TestReadsAreToldByTheirNames(t *testing.T) {
	for action, want := range map[string]bool{
		"GetRole": true, "ListRoles": true, "DescribeTrails": true, "GenerateCredentialReport": true, "SimulateCustomPolicy": true,
		"CreateRole": false, "DeleteRole": false, "UntagRole": false,
	} {
		if got := looks(action); got != want {
			t.Errorf("%s only reads: %t", action, got)
		}
	}
}
