package dynamodb

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestNumbersAreReadExactlyAndWrittenPlainly(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"0", "0"}, {"-0", "0"}, {"0.000", "0"}, {"+5", "5"}, {"007", "7"}, {"1.50", "1.5"},
		{".5", "0.5"}, {"5.", "5"}, {"1e3", "1000"}, {"12E-4", "0.0012"}, {"-1.25E+1", "-12.5"},
		{"99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
		{"0.10000000000000000000000000000000000001", "0.10000000000000000000000000000000000001"},
		{"1E125", "1" + strings.Repeat("0", 125)},
		{"1E-130", "0." + strings.Repeat("0", 129) + "1"},
		{"10E-131", "0." + strings.Repeat("0", 129) + "1"},
	} {
		n, err := parseNumber(test.text)
		if err != nil || n.String() != test.want {
			t.Errorf("%s is %s, %v; want %s", test.text, n, err, test.want)
		}
	}
}

func TestNumbersThatDynamoDBCannotStoreAreRefused(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "cannot be converted"}, {"abc", "cannot be converted"}, {"1x", "cannot be converted"}, {"1e", "cannot be converted"},
		{"--1", "cannot be converted"}, {".", "cannot be converted"}, {"NaN", "cannot be converted"}, {"1.2.3", "cannot be converted"},
		{"123456789012345678901234567890123456789", "more than 38 significant digits"},
		{"1E126", "overflow"}, {"-1E126", "overflow"}, {"1E-131", "underflow"},
	} {
		if _, err := parseNumber(test.text); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v; want %q", test.text, err, test.want)
		}
	}
}

func TestSumsAreExact(t *testing.T) {
	for _, test := range []struct{ left, right, want string }{
		{"0.1", "0.2", "0.3"}, {"1", "-1", "0"}, {"1E20", "1E-10", "100000000000000000000.0000000001"},
		{"99999999999999999999999999999999999998", "1", "99999999999999999999999999999999999999"},
		{"-5", "3.5", "-1.5"}, {"0", "7", "7"}, {"95", "5", "100"},
	} {
		left, _ := parseNumber(test.left)
		right, _ := parseNumber(test.right)
		if sum, err := left.add(right); err != nil || sum.String() != test.want {
			t.Errorf("%s + %s is %s, %v; want %s", test.left, test.right, sum, err, test.want)
		}
	}
	big, _ := parseNumber("1E30")
	small, _ := parseNumber("1E-30")
	if _, err := big.add(small); err == nil {
		t.Error("a sum of 61 digits was accepted")
	}
}

func TestKeysSortAsTheirValuesDo(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	numbers := []value{}
	for range 300 {
		digits := fmt.Sprintf("%d", random.IntN(2000)-1000)
		n, err := decodeScalar(kindNumber, fmt.Sprintf("%sE%d", digits, random.IntN(8)-4))
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	for _, extreme := range []string{"1E-130", "-1E-130", "9E125", "-9E125", "0"} {
		n, _ := decodeScalar(kindNumber, extreme)
		numbers = append(numbers, n)
	}
	texts := []value{}
	for _, s := range []string{"a", "a\x00", "a\x00\xff", "ab", "b", "\xff", "\xff\xff", "\x00", "\x00\x01", "é", "😀"} {
		texts = append(texts, text(kindBinary, s))
	}
	for _, values := range [][]value{numbers, texts} {
		for _, a := range values {
			for _, b := range values {
				want, _ := a.compare(b)
				got := strings.Compare(string(appendKey(nil, a)), string(appendKey(nil, b)))
				if got != want {
					t.Fatalf("key of %q against %q: %d, want %d", a.text, b.text, got, want)
				}
			}
		}
	}
}

func TestNumbersCompareAsRationalsDo(t *testing.T) {
	texts := []string{"0", "1", "-1", "10", "9", "-10", "-9", "1.5", "1.05", "1E10", "-1E10", "1E-10", "123.456", "123.4561"}
	for _, a := range texts {
		for _, b := range texts {
			left, _ := parseNumber(a)
			right, _ := parseNumber(b)
			x, _ := new(big.Rat).SetString(a)
			y, _ := new(big.Rat).SetString(b)
			if got, want := left.compare(right), x.Cmp(y); got != want {
				t.Errorf("%s against %s: %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestSortedStorageKeepsEveryEntryInOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var s sorted
	model := map[string]*row{}
	for range 20000 {
		key := fmt.Sprint(random.IntN(3000))
		if random.IntN(3) == 0 {
			s.remove(key)
			delete(model, key)
			continue
		}
		r := &row{key: key}
		s.put(key, r)
		model[key] = r
	}
	for _, block := range s.blocks {
		if len(block) == 0 || len(block) > blockLimit {
			t.Errorf("a block of %d entries", len(block))
		}
	}
	seen, last := 0, ""
	for p := s.seek(""); ; p = s.next(p) {
		e, ok := s.at(p)
		if !ok {
			break
		}
		if e.key <= last || model[e.key] != e.row {
			t.Fatalf("entry %q after %q", e.key, last)
		}
		seen, last = seen+1, e.key
	}
	if seen != len(model) || s.count != len(model) {
		t.Errorf("%d entries, count %d; want %d", seen, s.count, len(model))
	}
	back := 0
	for p, ok := s.previous(s.end()); ok; p, ok = s.previous(p) {
		back++
	}
	if back != len(model) {
		t.Errorf("%d entries backwards, want %d", back, len(model))
	}
	for key, r := range model {
		if s.get(key) != r {
			t.Fatalf("get(%q) finds another row", key)
		}
	}
}
