package contenthash

import (
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func of(t *testing.T, pairs ...string) string {
	t.Helper()
	var fields []contract.Field
	for i := 0; i < len(pairs); i += 2 {
		fields = append(fields, contract.Field{Name: pairs[i], Value: pairs[i+1]})
	}
	hash, err := Of(fields)
	if err != nil {
		t.Fatal(err)
	}
	return hash.String()
}

func TestOnlyTheOrderOfDifferentNamesMakesNoDifference(t *testing.T) {
	same := of(t, "A", "1", "B", "2", "A", "3")
	if of(t, "B", "2", "A", "1", "A", "3") != same {
		t.Error("the order of fields with different names changes the hash")
	}
	for _, other := range [][]string{
		nil, {"A", "1", "B", "2"}, {"A", "3", "B", "2", "A", "1"}, {"A", "1", "B", "2", "A", "3", "A", ""}, {"A", "1,3", "B", "2"},
	} {
		if of(t, other...) == same {
			t.Errorf("%q has the same hash", other)
		}
	}
}

// Hashes are stored: another one for the same content would turn duplicates
// of what is stored already into conflicts.
func TestTheHashStaysWhatItIs(t *testing.T) {
	for want, fields := range map[string][]string{
		"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a": nil,
		"abcabea657c6ffe5c0c1be4d87157272b7fe1a4feba609e436c056a0e906b38b": {"Notes", "<a> & \"b\" 😀\n", "@currency", "EUR", "Notes", ""},
	} {
		if got := of(t, fields...); got != want {
			t.Errorf("%q: %s, want %s", fields, got, want)
		}
	}
}
