package cloud

import (
	"slices"
	"strings"
	"testing"
)

func TestTagsAreSetInPlaceOrAddedAndTakenAway(t *testing.T) {
	had := []Tag{{"a", "1"}, {"b", "2"}}
	set := WithTags(had, []Tag{{"c", "3"}, {"a", "4"}, {"c", "5"}})
	if want := []Tag{{"a", "4"}, {"b", "2"}, {"c", "5"}}; !slices.Equal(set, want) {
		t.Errorf("the tags are %v, want %v", set, want)
	}
	if rest := WithoutTags(set, []string{"a", "c", "d"}); !slices.Equal(rest, []Tag{{"b", "2"}}) {
		t.Errorf("the rest is %v", rest)
	}
	if sorted := SortedTags([]Tag{{"b", "1"}, {"a", "2"}}); !slices.Equal(sorted, []Tag{{"a", "2"}, {"b", "1"}}) {
		t.Errorf("sorted they are %v", sorted)
	}
	if !slices.Equal(had, []Tag{{"a", "1"}, {"b", "2"}}) || set[0].Key != "a" {
		t.Errorf("the lists before were changed: %v, %v", had, set)
	}
}

func TestTagsThatCallsHaveSetOutliveATemplatesUpdate(t *testing.T) {
	had := []Tag{{"gone", "1"}, {"call", "2"}, {"kept", "3"}}
	got := RedeclaredTags(had, []Tag{{"gone", "1"}, {"kept", "0"}}, []Tag{{"kept", "4"}, {"new", "5"}})
	if want := []Tag{{"call", "2"}, {"kept", "4"}, {"new", "5"}}; !slices.Equal(got, want) {
		t.Errorf("the tags are %v, want %v", got, want)
	}
}

func TestLengthsOfTagsAreInCharacters(t *testing.T) {
	for _, row := range []struct {
		key, value int
		fits       bool
	}{{1, 0, true}, {128, 256, true}, {0, 1, false}, {129, 0, false}, {1, 257, false}} {
		if got := (Tag{strings.Repeat("é", row.key), strings.Repeat("é", row.value)}).Fits(); got != row.fits {
			t.Errorf("a key of %d and a value of %d characters fit: %t", row.key, row.value, got)
		}
	}
}
