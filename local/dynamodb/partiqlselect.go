package dynamodb

// Reads of PartiQL: SELECT.

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// partiqlPage says which part of what a SELECT finds is asked for.
type partiqlPage struct {
	ConsistentRead bool
	Limit          *int
	NextToken      string
	capacityRequest
}

// partiqlToken is what a page ends with: where, and of which statement.
type partiqlToken struct {
	Key    item
	Digest [sha256.Size]byte
}

type statementAnswer struct {
	Items            []item
	NextToken        string            `json:",omitzero"`
	LastEvaluatedKey item              `json:",omitzero"`
	ConsumedCapacity *consumedCapacity `json:",omitzero"`
}

// selected performs a SELECT: of a partition if it names one, otherwise of everything.
// The tokens of its pages are of no other request.
func (d *DynamoDB) selected(ctx context.Context, s *statement, of statementRequest, in partiqlPage) (statementAnswer, error) {
	request := readRequest{TableName: s.table, IndexName: s.index, ConsistentRead: in.ConsistentRead, capacityRequest: in.capacityRequest}
	r := reading{filter: s.where, part: projection(s.columns)}
	if err := r.limitTo(in.Limit); err != nil {
		return statementAnswer{}, err
	}
	if err := d.bindRead(&r, s.table, request); err != nil {
		return statementAnswer{}, err
	}
	r.part = nil // columns are named by what they end with
	if err := s.locate(&r); err != nil {
		return statementAnswer{}, err
	}
	start, err := parseToken(in.NextToken, of)
	if err != nil {
		return statementAnswer{}, err
	}
	if err := r.startAfter(start); err != nil {
		return statementAnswer{}, err
	}
	page, err := d.perform(ctx, &r, request)
	if err != nil {
		return statementAnswer{}, err
	}
	answer := statementAnswer{Items: []item{}, LastEvaluatedKey: page.LastEvaluatedKey, ConsumedCapacity: page.ConsumedCapacity}
	for _, i := range page.Items {
		answer.Items = append(answer.Items, s.row(i))
	}
	if page.LastEvaluatedKey != nil {
		answer.NextToken, err = nextToken(page.LastEvaluatedKey, of)
	}
	return answer, err
}

func nextToken(key item, of statementRequest) (string, error) {
	sum, err := digest(of)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(partiqlToken{key, sum})
	return base64.StdEncoding.EncodeToString(text), err
}

func parseToken(text string, of statementRequest) (item, error) {
	if text == "" {
		return nil, nil
	}
	sum, err := digest(of)
	if err != nil {
		return nil, err
	}
	var token partiqlToken
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &token) != nil || token.Digest != sum {
		return nil, invalid("NextToken does not match request")
	}
	return token.Key, nil
}

// locate narrows a reading to what the statement says of the key.
func (s *statement) locate(r *reading) error {
	of := r.schema()
	partition := map[string]bool{}
	var tests, sorts []keyTest
	for _, c := range conjuncts(s.where) {
		found, err := keyTests(c)
		if err != nil {
			continue // which the filter looks at
		}
		switch test := found[0]; {
		case test.operator == "=" && (schema{partition: of.partition}).has(test.attribute) && !partition[test.attribute]:
			partition[test.attribute] = true
			tests = append(tests, test)
		case (schema{partition: of.sort[:min(1, len(of.sort))]}).has(test.attribute) && len(sorts) == 0:
			sorts = append(sorts, test)
		}
	}
	whole := len(partition) == len(of.partition)
	if err := s.arrange(r, of, whole); err != nil || !whole {
		return err
	}
	var err error
	r.low, r.high, err = bounds(of, append(tests, sorts...))
	return err
}

// arrange honours ORDER BY, which is by the key and of one partition.
func (s *statement) arrange(r *reading, of schema, partition bool) error {
	switch {
	case len(s.order) == 0:
		return nil
	case s.where == nil:
		return invalid("Must have WHERE clause in the statement when using ORDER BY clause.")
	case !partition:
		return invalid("Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.")
	}
	for _, term := range s.order {
		if !of.has(term.attribute) {
			return invalid("Variable reference %s in ORDER BY clause must be part of the primary key", term.attribute)
		}
		if !(schema{partition: of.partition}).has(term.attribute) {
			r.backward = term.descending
		}
	}
	return nil
}

// row is what a SELECT tells of an item: of each column what it leads to, by the last
// name on the way.
func (s *statement) row(i item) item {
	if s.columns == nil {
		return i
	}
	row := item{}
	for _, column := range s.columns {
		if v, ok := column.value(i); ok {
			row[column.ending()] = v
		}
	}
	return row
}

// ending is a path from its last name on: b[0] of a.b[0].
func (p path) ending() string {
	text := ""
	for i := len(p) - 1; i >= 0; i-- {
		text = p[i].String() + text
		if !p[i].isIndex {
			break
		}
	}
	return text
}

// single is the place of the item that a SELECT reads, which names its key and
// nothing else.
func (s *statement) single(t *table, action string) (place, error) {
	key, more := s.keyed(t.schema)
	if more || s.index != "" || len(key) < len(t.schema.attributes()) {
		return place{}, invalid("Select statements within %s must specify the primary key in the where clause.", action)
	}
	storage, err := t.key(key)
	return place{t, storage}, err
}

// authorizeStatement also puts the name of a table in the place of its ARN.
func (d *DynamoDB) authorizeStatement(caller cloud.Caller, s *statement) (err error) {
	s.table, err = d.authorizeIndexed(caller, s.action(), s.table, s.index)
	return err
}
