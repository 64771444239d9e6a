package cloud

import (
	"context"
	"encoding/json"
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

func TestAnOperationRefusesWhatItDoesNotHonour(t *testing.T) {
	ship := Operations{"Ship": Handle(func(_ context.Context, _ Caller, in shipment) (int, error) { return len(in.Parcels), nil })}
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
}

func TestWhatComesOfEachMemberIsTold(t *testing.T) {
	ship := Operations{"Ship": Handle(func(context.Context, Caller, shipment) (int, error) { return 0, nil })}
	for path, want := range map[string]Effect{
		"NextToken": Honoured, "Parcels": Honoured, "parcels.weight": Honoured, "Parcels.Note.Any.Thing": Honoured, "Labels": Honoured, "Mood": Honoured,
		"Colour": WithoutEffect, "Parcels.Fee": WithoutEffect, "Routes.Fee": WithoutEffect,
		"Speed": Refused, "Parcels.Height": Refused, "Routes.Height": Refused,
	} {
		if got := ship.Effect("Ship", path); got != want {
			t.Errorf("%s: got %d, want %d", path, got, want)
		}
	}
}
