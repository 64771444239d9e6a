package iam

// This file finds texts that match some patterns and others not: patterns of IAM,
// in which * stands for any characters and ? for one.

import (
	"encoding/binary"
	"regexp"
	"slices"
)

// maxEffort bounds the search for texts, in steps of a pattern over a character:
// some tenths of a second.
const maxEffort = 1e6

// set is the texts that match all patterns of in, and none of out.
type set struct{ in, out []string }

func (s set) within(pattern string) set { return set{append(slices.Clip(s.in), pattern), s.out} }

func (s set) without(patterns []string) set {
	return set{s.in, append(slices.Clip(s.out), patterns...)}
}

// each returns the parts of the set about which a statement speaks that lists
// patterns, or else those that it does not speak about. One without either
// speaks about everything.
func (s set) each(listed, notListed []string) []set {
	if len(listed) == 0 {
		return []set{s.without(notListed)}
	}
	var parts []set
	for _, pattern := range listed {
		parts = append(parts, s.within(pattern))
	}
	return parts
}

// clearOf returns the parts of the set about which such a statement does not speak.
func (s set) clearOf(listed, notListed []string) []set {
	if len(listed) > 0 {
		return []set{s.without(listed)}
	}
	if len(notListed) == 0 {
		return nil
	}
	return s.each(notListed, nil)
}

// progress is how far each pattern of a set has come in a text: positions in it,
// in order. A pattern has come to its end at the position of its length.
type progress [][]uint32

// member returns a text of the set, one of the shortest; false if the set is
// empty. Of a search that takes too much effort it returns the empty text.
func (q *question) member(s set) (text string, found bool) {
	s = set{collapsed(s.in), collapsed(s.out)}
	patterns := slices.Concat(s.in, s.out)
	start := make(progress, len(patterns))
	for i, p := range patterns {
		start[i] = reached(p, []uint32{0})
	}
	alphabet := alphabetOf(patterns)
	type step struct {
		text string
		at   progress
	}
	seen := map[string]bool{start.key(): true}
	for queue := []step{{"", start}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at.at.matches(s) {
			return at.text, true
		}
		for _, c := range alphabet {
			if q.effort -= at.at.size(); q.effort <= 0 {
				return "", true
			}
			next, alive := at.at.over(c, s, patterns)
			if key := next.key(); alive && !seen[key] {
				seen[key] = true
				queue = append(queue, step{at.text + string(c), next})
			}
		}
	}
	return "", false
}

// over moves all patterns over a character; false if one that must match cannot
// any more.
func (p progress) over(c byte, s set, patterns []string) (progress, bool) {
	next := make(progress, len(p))
	for i, positions := range p {
		next[i] = moved(patterns[i], positions, c)
		if i < len(s.in) && len(next[i]) == 0 {
			return nil, false
		}
	}
	return next, true
}

// matches tells whether the text is in the set.
func (p progress) matches(s set) bool {
	for i, positions := range p {
		must := i < len(s.in)
		var pattern string
		if must {
			pattern = s.in[i]
		} else {
			pattern = s.out[i-len(s.in)]
		}
		if slices.Contains(positions, uint32(len(pattern))) != must {
			return false
		}
	}
	return true
}

// size is how much there is to move.
func (p progress) size() int {
	n := len(p)
	for _, positions := range p {
		n += len(positions)
	}
	return n
}

// key is the same for the same progress only.
func (p progress) key() string {
	var key []byte
	for _, positions := range p {
		key = binary.BigEndian.AppendUint32(key, uint32(len(positions)))
		for _, position := range positions {
			key = binary.BigEndian.AppendUint32(key, position)
		}
	}
	return string(key)
}

// moved returns where a pattern can be after a character.
func moved(pattern string, positions []uint32, c byte) []uint32 {
	var next []uint32
	for _, i := range positions {
		switch {
		case int(i) == len(pattern):
		case pattern[i] == '*':
			next = append(next, i)
		case pattern[i] == '?' || pattern[i] == c:
			next = append(next, i+1)
		}
	}
	return reached(pattern, next)
}

// reached adds the positions after asterisks, which stand for nothing, too.
func reached(pattern string, positions []uint32) []uint32 {
	for _, at := range positions {
		if int(at) < len(pattern) && pattern[at] == '*' {
			positions = append(positions, at+1)
		}
	}
	slices.Sort(positions)
	return slices.Compact(positions)
}

// collapsed is the patterns with one asterisk where several follow each other.
func collapsed(patterns []string) []string {
	list := make([]string, len(patterns))
	for i, p := range patterns {
		list[i] = asterisks.ReplaceAllString(p, "*")
	}
	return list
}

var asterisks = regexp.MustCompile(`\*\*+`)

// alphabetOf is the characters that patterns name, and one that stands for all others.
func alphabetOf(patterns []string) []byte {
	var named [256]bool
	for _, p := range patterns {
		for i := range len(p) {
			named[p[i]] = p[i] != '*' && p[i] != '?'
		}
	}
	var alphabet []byte
	other := false
	for _, c := range []byte("xyzabcdefghijklmnopqrstuvwXYZABCDEFGHIJKLMNOPQRSTUVW0123456789-_./") {
		if !named[c] && !other {
			alphabet, other = append(alphabet, c), true
		}
	}
	for c := range named {
		if named[c] {
			alphabet = append(alphabet, byte(c))
		}
	}
	return alphabet
}
