package simulation

// This file lets batches fail in part: some of their entries take no effect, or are
// answered as failed all the same, and the answer says which in the service's own way.

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// batches are the actions that answer by entry, and what has entries of theirs fail.
var batches = map[string]func(*passage, cloud.Perform) cloud.Perform{
	"sqs:SendMessageBatch":             byID("Entries"),
	"sqs:DeleteMessageBatch":           byID("Entries"),
	"sqs:ChangeMessageVisibilityBatch": byID("Entries"),
	"sns:PublishBatch":                 byID("PublishBatchRequestEntries"),
	"kinesis:PutRecords":               byPlace("Records", "FailedRecordCount", "ProvisionedThroughputExceededException"),
	"events:PutEvents":                 byPlace("Entries", "FailedEntryCount", "ThrottlingException"),
	"dynamodb:BatchWriteItem":          byTable("UnprocessedItems", ""),
	"dynamodb:BatchGetItem":            byTable("UnprocessedKeys", "Keys"),
}

func (p *passage) inPart(perform cloud.Perform) cloud.Perform {
	if alter := batches[p.call.Service+":"+p.call.Action]; alter != nil {
		return alter(p, perform)
	}
	return perform
}

// lot is what becomes of an entry.
type lot int

const (
	done   lot = iota
	undone     // and answered as failed
	unsure     // done, and answered as failed
)

// lots decides about entries, of which some fail, and not all if there are others.
func (p *passage) lots(entries int) []lot {
	lots := make([]lot, entries)
	first := int(p.draw("the first that fails") * float64(entries))
	for i := range lots {
		switch n := p.draw(fmt.Sprint("entry ", i)); {
		case i == first && n < 0.75 || n < 0.3:
			lots[i] = undone
		case i == first || n < 0.4:
			lots[i] = unsure
		}
	}
	if entries > 1 && !slices.Contains(lots, done) {
		lots[(first+1)%entries] = done
	}
	return lots
}

// kept are the entries that come to the service.
func kept[T any](entries []T, lots []lot) (kept []T) {
	for i, entry := range entries {
		if lots[i] != undone {
			kept = append(kept, entry)
		}
	}
	return kept
}

// entries are those of the call's input.
func (p *passage) entries(member string) (entries []json.RawMessage) {
	var input map[string]json.RawMessage
	if json.Unmarshal(p.call.Input, &input) != nil || json.Unmarshal(input[member], &entries) != nil {
		return nil
	}
	return entries
}

// performKept has the service perform what is left of a batch, and reads its answer.
// If nothing is left, it is not called.
func performKept(ctx context.Context, perform cloud.Perform, input json.RawMessage, member string, lots []lot, answer any) error {
	left := 0
	input = changed(input, func(in map[string]json.RawMessage) {
		var entries []json.RawMessage
		if json.Unmarshal(in[member], &entries) == nil {
			entries = kept(entries, lots)
			in[member], left = encoded(entries), len(entries)
		}
	})
	if left == 0 {
		return nil
	}
	output, err := perform(ctx, input)
	if err != nil {
		return err
	}
	return json.Unmarshal(encoded(output), answer)
}

// failedEntry is what a service says of an entry that failed by its own fault.
const failedEntry = "simulated: the entry failed"

// byIDAnswer is how SQS and SNS answer batches.
type byIDAnswer struct {
	Successful []byIDSuccess
	Failed     []byIDFailure
}

type byIDSuccess struct {
	ID                           string `json:"Id"`
	MessageID                    string `json:"MessageId,omitempty"`
	MD5OfMessageBody             string `json:",omitempty"`
	MD5OfMessageAttributes       string `json:",omitempty"`
	MD5OfMessageSystemAttributes string `json:",omitempty"`
	SequenceNumber               string `json:",omitempty"`
}

type byIDFailure struct {
	ID            string `json:"Id"`
	Code, Message string
	SenderFault   bool
}

// byID is for batches whose entries have ids.
func byID(member string) func(*passage, cloud.Perform) cloud.Perform {
	return func(p *passage, perform cloud.Perform) cloud.Perform {
		entries := p.entries(member)
		if len(entries) == 0 || !p.hits(InPart) {
			return perform
		}
		return func(ctx context.Context, input json.RawMessage) (any, error) {
			var answer byIDAnswer
			lots := p.lots(len(entries))
			if err := performKept(ctx, perform, input, member, lots, &answer); err != nil {
				return nil, err
			}
			for i, entry := range entries {
				var is struct {
					ID string `json:"Id"`
				}
				if err := json.Unmarshal(entry, &is); err != nil {
					return nil, err
				}
				if lots[i] != done {
					answer.fail(is.ID)
				}
			}
			return answer, nil
		}
	}
}

// fail lets an entry have failed, unless its service says so itself.
func (a *byIDAnswer) fail(id string) {
	a.Successful = slices.DeleteFunc(a.Successful, func(s byIDSuccess) bool { return s.ID == id })
	if !slices.ContainsFunc(a.Failed, func(f byIDFailure) bool { return f.ID == id }) {
		a.Failed = append(a.Failed, byIDFailure{ID: id, Code: "InternalError", Message: failedEntry})
	}
}

// byPlace is for batches that are answered entry by entry, in their order. What was
// not done was one too many.
func byPlace(member, count, tooMany string) func(*passage, cloud.Perform) cloud.Perform {
	type failure struct{ ErrorCode, ErrorMessage string }
	return func(p *passage, perform cloud.Perform) cloud.Perform {
		entries := p.entries(member)
		if len(entries) == 0 || !p.hits(InPart) {
			return perform
		}
		return func(ctx context.Context, input json.RawMessage) (any, error) {
			answer := map[string]json.RawMessage{}
			lots := p.lots(len(entries))
			if err := performKept(ctx, perform, input, member, lots, &answer); err != nil {
				return nil, err
			}
			var results, all []json.RawMessage
			if answer[member] != nil {
				if err := json.Unmarshal(answer[member], &results); err != nil {
					return nil, err
				}
			}
			for _, lot := range lots {
				result := encoded(failure{tooMany, failedEntry})
				if lot != undone {
					result, results = results[0], results[1:]
				}
				if lot == unsure {
					result = encoded(failure{"InternalFailure", failedEntry})
				}
				all = append(all, result)
			}
			answer[member], answer[count] = encoded(all), encoded(failures(all))
			return encoded(answer), nil
		}
	}
}

// failures are how many results say that their entry failed.
func failures(results []json.RawMessage) (n int) {
	for _, result := range results {
		var is struct{ ErrorCode string }
		if json.Unmarshal(result, &is) == nil && is.ErrorCode != "" {
			n++
		}
	}
	return n
}

// byTable is for DynamoDB's batches, which give back what they have not processed. A
// table's entries are its request itself, or a member of it. One is processed at least.
func byTable(unprocessed, member string) func(*passage, cloud.Perform) cloud.Perform {
	return func(p *passage, perform cloud.Perform) cloud.Perform {
		var asked map[string]json.RawMessage
		if json.Unmarshal(p.call.Input, &asked) != nil {
			return perform
		}
		requests := readTables(asked["RequestItems"], member)
		if requests.entries() < 2 || !p.hits(InPart) {
			return perform
		}
		return func(ctx context.Context, input json.RawMessage) (any, error) {
			processed, given := requests.split(p.lots(requests.entries()))
			output, err := perform(ctx, changed(input, func(in map[string]json.RawMessage) { in["RequestItems"] = encoded(processed) }))
			if err != nil {
				return nil, err
			}
			return changed(encoded(output), func(answer map[string]json.RawMessage) {
				given.add(readTables(answer[unprocessed], member))
				answer[unprocessed] = encoded(given)
			}), nil
		}
	}
}

// tables are requests by their tables.
type tables map[string]tableRequest

// tableRequest is what is to be done with one table.
type tableRequest struct {
	request json.RawMessage
	member  string // that has the entries; empty: they are the request
	entries []json.RawMessage
}

// readTables reads requests; those of a document that is of another shape are none.
func readTables(document json.RawMessage, member string) tables {
	var requests map[string]json.RawMessage
	if json.Unmarshal(document, &requests) != nil {
		return nil
	}
	read := tables{}
	for table, request := range requests {
		of := map[string]json.RawMessage{"": request}
		if member != "" && json.Unmarshal(request, &of) != nil {
			return nil
		}
		t := tableRequest{request: request, member: member}
		if json.Unmarshal(of[member], &t.entries) != nil {
			return nil
		}
		read[table] = t
	}
	return read
}

// entries is how many there are.
func (t tables) entries() (n int) {
	for _, request := range t {
		n += len(request.entries)
	}
	return n
}

// split tells what is processed from what is not.
func (t tables) split(lots []lot) (processed, given tables) {
	processed, given = tables{}, tables{}
	for _, table := range slices.Sorted(maps.Keys(t)) {
		for _, entry := range t[table].entries {
			to := given
			if lots[0] == done {
				to = processed
			}
			to.add(tables{table: t[table].of(entry)})
			lots = lots[1:]
		}
	}
	return processed, given
}

// add adds the entries of others.
func (t tables) add(others tables) {
	for table, other := range others {
		t[table] = other.of(append(t[table].entries, other.entries...)...)
	}
}

// of is the request with other entries.
func (r tableRequest) of(entries ...json.RawMessage) tableRequest {
	r.entries = entries
	return r
}

func (r tableRequest) MarshalJSON() ([]byte, error) {
	if r.member == "" {
		return encoded(r.entries), nil
	}
	return changed(r.request, func(members map[string]json.RawMessage) { members[r.member] = encoded(r.entries) }), nil
}
