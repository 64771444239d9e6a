package money

// This file reads numbers: which of their separators stands before decimals,
// and which ones only group.

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

const (
	decimals = ".,٫"   // separators that may stand before decimals
	grouping = ".,' ٬" // and those that may group digits
	arabic   = "،"     // is written for a comma
)

// read finds what a number may be.
func (w *Written) read(number string) error {
	groups, separators, err := split(strings.ReplaceAll(number, arabic, ","))
	if err != nil {
		return err
	}
	n := len(separators)
	whole := grouped(groups, separators)
	fraction := n > 0 && strings.ContainsRune(decimals, separators[n-1]) &&
		!slices.Contains(separators[:n-1], separators[n-1]) && grouped(groups[:n], separators[:n-1])
	if !whole && !fraction {
		return errors.New("is not grouped as numbers are")
	}
	integer := groups
	if !whole {
		integer = groups[:n]
	}
	if len(strings.Join(integer, "")) > maxDigits {
		return errors.New("has too many digits")
	}
	if !fraction {
		w.value = decimal.RequireFromString(strings.Join(groups, ""))
		return nil
	}
	w.value = decimal.RequireFromString(strings.Join(groups[:n], "") + "." + groups[n])
	if whole {
		other := decimal.RequireFromString(strings.Join(groups, ""))
		w.whole, w.mark = &other, Mark(separators[n-1])
	}
	return nil
}

// split cuts a number at its separators. The first group may be empty: ".50".
func split(number string) (groups []string, separators []rune, err error) {
	start := 0
	for i, r := range number {
		if isDigit(r) {
			continue
		}
		if !strings.ContainsRune(decimals+grouping, r) {
			return nil, nil, fmt.Errorf("has %q between its digits", r)
		}
		if i == start && i > 0 {
			return nil, nil, errors.New("has two separators in a row")
		}
		groups, separators = append(groups, number[start:i]), append(separators, r)
		start = i + len(string(r))
	}
	return append(groups, number[start:]), separators, nil
}

// grouped tells whether digits are grouped by threes, or as in India, by one
// separator. A number without separators is.
func grouped(groups []string, separators []rune) bool {
	if len(separators) == 0 {
		return true
	}
	first := groups[0]
	if !strings.ContainsRune(grouping, separators[0]) || len(slices.Compact(slices.Clone(separators))) != 1 ||
		first == "" || first[0] == '0' || len(groups[len(groups)-1]) != 3 {
		return false
	}
	between := groups[1 : len(groups)-1]
	of := func(n int) bool { return !slices.ContainsFunc(between, func(g string) bool { return len(g) != n }) }
	return len(first) <= 3 && of(3) || separators[0] == ',' && len(first) <= 2 && of(2)
}
