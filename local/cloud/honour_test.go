package cloud

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
)

type parcel struct {
	Weight int
	Fee    Ignored
	Note   json.RawMessage
}

type shipment struct {
	paging
	Parcels []parcel
	Routes  map[string]*parcel
	Labels  map[string]string
	Mood    mood
	Colour  Ignored
}

func TestAStrictOperationRefusesWhatItDoesNotHonour(t *testing.T) {
	ship := Operations{"Ship": Handle(func(_ context.Context, _ Caller, in shipment) (int, error) { return len(in.Parcels), nil })}.Strict()
	for _, test := range []struct {
		name, input string
		refused     string // the parameter, or empty
	}{
		{"all that it has", `{"NextToken": "n", "Parcels": [{"Weight": 1, "Note": {"any": ["thing"]}}, {}], "Routes": {"a": {"Weight": 2}, "b": null}, "Labels": {"Any": "x"}, "Mood": "good"}`, ""},
		{"what has no effect", `{"Colour": {"Deep": [1]}, "Parcels": [{"Fee": "9"}]}`, ""},
		{"nothing", ``, ""},
		{"a member that it does not have", `{"Parcels": [], "Speed": 1}`, "Speed"},
		{"one in a list's element", `{"Parcels": [{"Weight": 1}, {"Weight": 2, "Height": 3}]}`, "Parcels.Height"},
		{"one in a map's value", `{"Routes": {"a": {}, "b": {"Note": -1.5e3, "Height": true}}}`, "Routes.b.Height"},
		{"a deep name in another case", `{"Parcels": [{"weight": 1}]}`, "Parcels.weight"},
		{"one behind texts that look like JSON", `{"Labels": {"a\"": "}\\", "b": "\"]"} , "Speed" : "fast"}`, "Speed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ship.Call(t.Context(), Caller{}, "Ship", json.RawMessage(test.input))
			want := NotHonoured("Ship", test.refused).Error()
			if test.refused == "" && err != nil || test.refused != "" && (err == nil || err.Error() != want) {
				t.Errorf("got %v, want %q", err, test.refused)
			}
		})
	}
	if got := ship.Ignored("Ship"); !slices.Equal(got, []string{"Colour", "Parcels.Fee", "Routes.Fee"}) {
		t.Errorf("without effect are %v", got)
	}
}
