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

func TestAnActionRefusesWhatOnlyOthersHaveOfItsInput(t *testing.T) {
	ship := Handle(func(context.Context, Caller, shipment) (int, error) { return 0, nil })
	both := Operations{"Ship": ship, "Send": ship.Without("Labels", "Parcels.Weight", "Routes.Fee")}
	for input, refused := range map[string]string{
		`{"Labels": {}}`:                  "Labels",
		`{"Parcels": [{"Weight": 1}]}`:    "Parcels.Weight",
		`{"Routes": {"a": {"Fee": "9"}}}`: "Routes.a.Fee",
		`{"Parcels": [{"Fee": "9"}], "Routes": {"a": {"Weight": 2}}, "Mood": "good"}`: "",
	} {
		_, err := both.Call(t.Context(), Caller{}, "Send", json.RawMessage(input))
		if want := NotHonoured("Send", refused).Error(); refused == "" && err != nil || refused != "" && (err == nil || err.Error() != want) {
			t.Errorf("%s: got %v, want %q", input, err, refused)
		}
		if _, err := both.Call(t.Context(), Caller{}, "Ship", json.RawMessage(input)); err != nil {
			t.Errorf("%s, which another action has: %v", input, err)
		}
	}
	if got := both.Effect("Send", "Parcels.Weight"); got != Refused {
		t.Errorf("what is refused is told as %d", got)
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
