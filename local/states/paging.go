// This file pages through lists.

package states

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Sizes of a page, in entries.
const (
	defaultPage = 100
	maxPage     = 1000
)

// Lengths of a token that asks for the next page, in characters.
const (
	maxToken           = 1024
	maxExecutionsToken = 3096
)

// page is the part of a list that a request asks for. A token is the position
// of the first entry that was not given yet.
type page struct {
	MaxResults int    `json:"maxResults"`
	NextToken  string `json:"nextToken"`
}

// size is how many entries the page has at most.
func (p page) size() (int, error) {
	switch {
	case p.MaxResults < 0 || p.MaxResults > maxPage:
		return 0, p.outOf(maxPage)
	case p.MaxResults == 0:
		return defaultPage, nil
	default:
		return p.MaxResults, nil
	}
}

// outOf is the error of a size that is below 0 or above the most.
func (p page) outOf(most int) error {
	constraint := fmt.Sprintf("Member must have value less than or equal to %d", most)
	if p.MaxResults < 0 {
		constraint = "Member must have value greater than or equal to 0"
	}
	return invalidMember(strconv.Itoa(p.MaxResults), "maxResults", constraint)
}

// start is the position of the first entry. longest is how long a token may be.
func (p page) start(longest int) (int, error) {
	if p.NextToken == "" {
		return 0, nil
	}
	if err := checkLength("nextToken", p.NextToken, longest); err != nil {
		return 0, err
	}
	text, err := base64.StdEncoding.DecodeString(p.NextToken)
	if err == nil {
		var at int
		if at, err = strconv.Atoi(string(text)); err == nil && at >= 0 {
			return at, nil
		}
	}
	return 0, cloud.Errorf(400, "InvalidToken", "Invalid Token: 'Invalid token'")
}

// bounds returns the page's part of n entries, and the token of the next page.
func (p page) bounds(n int) (from, to int, next string, err error) {
	size, err := p.size()
	if err != nil {
		return 0, 0, "", err
	}
	if from, err = p.start(maxToken); err != nil {
		return 0, 0, "", err
	}
	from = min(from, n)
	to = min(from+size, n)
	if to < n {
		next = pageToken(to)
	}
	return from, to, next, nil
}

// pageOf answers with the page's part of a list.
func pageOf[T any](p page, member string, list []T, summary func(T) map[string]any) (any, error) {
	from, to, next, err := p.bounds(len(list))
	if err != nil {
		return nil, err
	}
	part := []any{}
	for _, entry := range list[from:to] {
		part = append(part, summary(entry))
	}
	return withNext(map[string]any{member: part}, next), nil
}

func pageToken(at int) string {
	return base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(at)))
}

// withNext adds the token of the next page, if there is one.
func withNext(answer map[string]any, next string) map[string]any {
	if next != "" {
		answer["nextToken"] = next
	}
	return answer
}
