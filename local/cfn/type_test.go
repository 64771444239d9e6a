package cfn

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// shelf is a resource that can be extended, but not made smaller.
type shelf struct {
	Boards int
	Colour *string
}

func shelves() Type {
	return Define("Test::Shelf", func(_ context.Context, r Resource, p shelf) (Handle, error) {
		return Handle{Ref: r.LogicalID, Attributes: map[string]any{"Boards": p.Boards}}, nil
	}, Update(func(_ context.Context, _ Resource, h Handle, before, after shelf) (Handle, error) {
		if after.Boards < before.Boards {
			return Handle{}, errors.New("a shelf does not shrink")
		}
		h.Attributes = map[string]any{"Boards": after.Boards, "Added": after.Boards - before.Boards}
		return h, nil
	}))
}

func TestAnUpdateSeesWhatAResourceHadAndWhatItGets(t *testing.T) {
	r := Resource{LogicalID: "Wall", Type: "Test::Shelf"}
	h := Handle{Ref: "Wall", Attributes: map[string]any{"Boards": 2}}
	update := shelves().update
	got, err := update(t.Context(), r, h, map[string]any{"Boards": "2"}, map[string]any{"Boards": 5.0})
	if err != nil || got.Ref != "Wall" || got.Attributes["Boards"] != 5 || got.Attributes["Added"] != 3 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, row := range []struct {
		name          string
		before, after map[string]any
		want          string
	}{
		{"what the type refuses", map[string]any{"Boards": 3.0}, map[string]any{"Boards": 2.0}, "Wall (Test::Shelf): a shelf does not shrink"},
		{"a value of another type", nil, map[string]any{"Boards": "many"}, "Wall (Test::Shelf): property Boards must be an integer, got string"},
		{"a property that the type does not have", nil, map[string]any{"Legs": 1.0}, "Wall (Test::Shelf): property Legs is not supported by the local engine"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := update(t.Context(), r, h, row.before, row.after)
			if err == nil || err.Error() != row.want {
				t.Errorf("it fails with %v, want %s", err, row.want)
			}
			if got.Ref != "Wall" || got.Attributes["Boards"] != 2 {
				t.Errorf("the resource is %v after an update that failed", got)
			}
		})
	}
}

func TestOnlySomeTypesCanBeUpdated(t *testing.T) {
	create := func(_ context.Context, r Resource, p shelf) (Handle, error) {
		return Handle{Ref: r.LogicalID, Attributes: map[string]any{"Boards": p.Boards}}, nil
	}
	if Define("Test::Shelf", create).update != nil {
		t.Error("a type without an Update has one")
	}
	overwritten, err := Define("Test::Shelf", create, Overwrite(create)).update(t.Context(), Resource{LogicalID: "Wall"}, Handle{Ref: "Wall"}, nil, map[string]any{"Boards": 7.0})
	if err != nil || overwritten.Attributes["Boards"] != 7 {
		t.Errorf("created once more, it is %v, %v", overwritten, err)
	}
	h := Handle{Ref: "kept", Attributes: map[string]any{"Arn": "arn"}}
	inert, err := Inert("Test::Nothing", nil).update(t.Context(), Resource{LogicalID: "Other"}, h, nil, map[string]any{"Whatever": true})
	if err != nil || inert.Ref != "kept" || inert.Attributes["Arn"] != "arn" {
		t.Errorf("an inert resource becomes %v, %v", inert, err)
	}
}

func TestATypeTellsWhatItDoesWithAProperty(t *testing.T) {
	type board struct {
		Length int
		Label  Ignored
	}
	type rack struct {
		Boards []board
		Named  map[string]*board
		Free   any
		Colour Ignored
	}
	racks := Define("Test::Rack", func(context.Context, Resource, rack) (Handle, error) { return Handle{}, nil })
	for _, row := range []struct {
		kind              Type
		path              string
		accepted, ignored bool
	}{
		{racks, "Boards", true, false}, {racks, "Boards.Length", true, false}, {racks, "Named.Length", true, false}, {racks, "Free.Anything", true, false},
		{racks, "Boards.Label", true, true}, {racks, "Colour", true, true}, {racks, "Colour.Shade", true, true},
		{racks, "Legs", false, false}, {racks, "Boards.Width", false, false}, {racks, "Named.Width", false, false},
		{Inert("Test::Sand", nil), "Grain", true, true},
	} {
		if accepted, ignored := row.kind.Property(strings.Split(row.path, ".")...); accepted != row.accepted || ignored != row.ignored {
			t.Errorf("%s of %s: accepted %t, ignored %t", row.path, row.kind.Name, accepted, ignored)
		}
	}
}

func TestATypeTellsWhichPropertiesItHonours(t *testing.T) {
	type base struct{ Zone string }
	type rack struct {
		base
		Width  int
		Height int
		Colour Ignored
	}
	make := func(context.Context, Resource, rack) (Handle, error) { return Handle{}, nil }
	racks := Define("Test::Rack", make, Overwrite(make))
	if got := strings.Join(racks.Properties(), " "); got != "Height Width Zone" || !racks.Updates() {
		t.Errorf("got %s, updates %t", got, racks.Updates())
	}
	free := Define("Test::Free", func(context.Context, Resource, map[string]any) (Handle, error) { return Handle{}, nil })
	if free.Properties() != nil || Inert("Test::Sand", nil).Properties() != nil || free.Updates() {
		t.Errorf("got %q, %q", free.Properties(), Inert("Test::Sand", nil).Properties())
	}
}

func TestAnInertResourceHasANameAndAttributes(t *testing.T) {
	r := Resource{Stack: "app", LogicalID: strings.Repeat("Dune", 20), Type: "Test::Sand"}
	sand := Inert("Test::Sand", func(r Resource, ref string) map[string]any {
		return map[string]any{"Arn": "arn:" + r.Stack + ":" + ref}
	})
	h, err := sand.create(t.Context(), r, map[string]any{"Grain": 1})
	if err != nil || h.Ref != r.PhysicalName(64) || len(h.Ref) != 64 || h.Attributes["Arn"] != "arn:app:"+h.Ref {
		t.Errorf("got %+v, %v", h, err)
	}
	if h, err := Inert("Test::Sand", nil).create(t.Context(), r, nil); err != nil || h.Attributes != nil {
		t.Errorf("without attributes: %+v, %v", h, err)
	}
}
