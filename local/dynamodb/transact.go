package dynamodb

// Transactions: TransactWriteItems and TransactGetItems.

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	maxTransaction      = 100     // members
	maxTransactionBytes = 4 << 20 // of what a request writes
	maxToken            = 36      // characters
	tokenLife           = 10 * time.Minute
)

type transactWriteRequest struct {
	TransactItems      []transactMember
	ClientRequestToken string
	capacityRequest
	collectionRequest
}

type transactMember struct {
	Put            *putRequest    `json:",omitzero"`
	Update         *updateRequest `json:",omitzero"`
	Delete         *keyRequest    `json:",omitzero"`
	ConditionCheck *keyRequest    `json:",omitzero"`
}

type transactWriteAnswer struct {
	ConsumedCapacity      []*consumedCapacity            `json:",omitzero"`
	ItemCollectionMetrics map[string][]collectionMetrics `json:",omitempty"`
}

// A reason tells why one member made a transaction fail, or that it did not.
type reason struct {
	Code    string
	Message string `json:",omitzero"`
	Item    item   `json:",omitzero"`
}

func (d *DynamoDB) transactWriteItems(ctx context.Context, caller cloud.Caller, in transactWriteRequest) (transactWriteAnswer, error) {
	if err := cmp.Or(in.capacityRequest.check(), in.collectionRequest.check()); err != nil {
		return transactWriteAnswer{}, err
	}
	if err := checkToken(in.ClientRequestToken); err != nil {
		return transactWriteAnswer{}, err
	}
	writes, err := d.transactWrites(caller, in.TransactItems)
	if err != nil {
		return transactWriteAnswer{}, err
	}
	outcomes, err := d.commit(ctx, writes, in.ClientRequestToken, in.TransactItems)
	if err != nil {
		return transactWriteAnswer{}, err
	}
	return transactWriteAnswer{ConsumedCapacity: d.transactedWrites(writes, outcomes, in.capacityRequest), ItemCollectionMetrics: d.collections(in.collectionRequest, writes)}, nil
}

func checkToken(token string) error {
	if len(token) > maxToken {
		return invalid("1 validation error detected: Value '%s' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to %d", token, maxToken)
	}
	return nil
}

// transactedWrites meters what a transaction has written, and tells of it.
func (d *DynamoDB) transactedWrites(writes []write, outcomes []outcome, in capacityRequest) []*consumedCapacity {
	consumed := capacities{}
	for i, o := range outcomes {
		consumed.add(writes[i].table, o.units)
	}
	for t, units := range consumed {
		d.metrics.written.Observe(t.dimensions, units.total())
	}
	told := consumed.list(in.ReturnConsumedCapacity)
	for _, c := range told {
		c.WriteCapacityUnits = c.CapacityUnits
	}
	return told
}

// digest tells parts of requests apart, whatever the order of their JSON members.
func digest(of any) ([sha256.Size]byte, error) {
	canonical, err := json.Marshal(of)
	return sha256.Sum256(canonical), err
}

// transactWrites authorizes and prepares the members. What is wrong with one for
// its table cancels the transaction.
func (d *DynamoDB) transactWrites(caller cloud.Caller, members []transactMember) ([]write, error) {
	if err := checkTransaction(len(members)); err != nil {
		return nil, err
	}
	names, binds := make([]string, len(members)), make([]binding, len(members))
	bytes := 0
	for i, member := range members {
		var err error
		if names[i], binds[i], err = d.parseMember(caller, member); err != nil {
			return nil, err
		}
		bytes += member.size()
	}
	if bytes > maxTransactionBytes {
		return nil, invalid("Transaction payload size cannot exceed %d bytes", maxTransactionBytes)
	}
	writes := make([]write, len(members))
	seen := map[place]bool{}
	for i, bind := range binds {
		t, err := d.lookUp(names[i])
		if err != nil {
			return nil, err
		}
		w, _, err := bind(t)
		if err != nil {
			return nil, cancelledBy(err, i, len(members))
		}
		if seen[place{w.table, w.key}] {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[place{w.table, w.key}] = true
		writes[i] = w
	}
	return writes, nil
}

// cancelledBy is the error of a transaction of which one member is wrong: what
// is wrong with others is not looked for.
func cancelledBy(err error, member, members int) error {
	reasons := make([]reason, members)
	for i := range reasons {
		reasons[i] = reasonFor(nil)
	}
	reasons[member] = reasonFor(err)
	return cancelled(reasons)
}

func checkTransaction(members int) error {
	switch {
	case members == 0:
		return invalid("1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1")
	case members > maxTransaction:
		return invalid("1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to %d", maxTransaction)
	}
	return nil
}

// parseMember returns what a member is to do, and to the table of which name.
func (d *DynamoDB) parseMember(caller cloud.Caller, m transactMember) (table string, bind binding, err error) {
	if m.operations() != 1 {
		return "", nil, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
	}
	action, c := "ConditionCheckItem", conditional{}
	switch {
	case m.Put != nil:
		action, c = "PutItem", m.Put.conditional
		bind, err = m.Put.parse(legacyCondition{})
	case m.Update != nil:
		action, c = "UpdateItem", m.Update.conditional
		bind, err = m.Update.parse(legacyCondition{}, attributeUpdates{})
	case m.Delete != nil:
		action, c = "DeleteItem", m.Delete.conditional
		bind, err = m.Delete.parse(legacyCondition{}, remove)
	default:
		c = m.ConditionCheck.conditional
		if c.ConditionExpression == nil {
			err = missingMember("transactItems.member.conditionCheck.conditionExpression")
			break
		}
		bind, err = m.ConditionCheck.parse(legacyCondition{}, keep)
	}
	name, refusal := d.authorize(caller, action, c.TableName)
	if refusal != nil {
		return "", nil, refusal
	}
	return name, bind, err
}

// size is what the member counts towards that of the request.
func (m transactMember) size() int {
	switch {
	case m.Put != nil:
		return m.Put.Item.size()
	case m.Update != nil:
		return m.Update.Key.size() + item(m.Update.ExpressionAttributeValues).size()
	case m.Delete != nil:
		return m.Delete.Key.size()
	default:
		return m.ConditionCheck.Key.size()
	}
}

func (m transactMember) operations() int {
	count := 0
	for _, given := range []bool{m.Put != nil, m.Update != nil, m.Delete != nil, m.ConditionCheck != nil} {
		if given {
			count++
		}
	}
	return count
}

// commit performs all writes or, with an error, none. A request that has
// succeeded with the same token and members before is not performed again.
func (d *DynamoDB) commit(ctx context.Context, writes []write, token string, members any) ([]outcome, error) {
	var sum [sha256.Size]byte
	if token != "" {
		var err error
		if sum, err = digest(members); err != nil {
			return nil, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if done, err := d.tokens.check(token, sum, now); done || err != nil {
		return nil, err
	}
	outcomes := make([]outcome, len(writes))
	reasons := make([]reason, len(writes))
	failed := false
	for i, w := range writes {
		old, changed, err := w.try()
		outcomes[i] = outcome{old: old, changed: changed}
		reasons[i] = reasonFor(err)
		failed = failed || err != nil
	}
	if failed {
		return nil, cancelled(reasons)
	}
	for i, w := range writes {
		units := w.table.replace(outcomes[i].old, outcomes[i].changed, d.made(ctx, w.table))
		outcomes[i].units = units.doubled()
	}
	d.tokens.add(token, sum, now)
	return outcomes, nil
}

func (w writeUnits) doubled() writeUnits {
	twice := writeUnits{table: 2 * w.table}
	for x, units := range w.indexes {
		twice.add(x, 2*units)
	}
	return twice
}

func reasonFor(err error) reason {
	if err == nil {
		return reason{Code: "None"}
	}
	failure := cloud.AsError(err)
	r := reason{Code: failure.Code, Message: failure.Message}
	switch failure.Code {
	case codeConditionFailed:
		r.Code = "ConditionalCheckFailed"
		r.Item, _ = failure.Fields["Item"].(item)
	case "ValidationException":
		r.Code = "ValidationError"
	case "DuplicateItemException":
		r.Code = "DuplicateItem"
	}
	return r
}

func cancelled(reasons []reason) error {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		codes[i] = r.Code
	}
	failure := cloud.Errorf(400, "TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	failure.Fields = map[string]any{"CancellationReasons": reasons}
	return failure
}

// tokens remembers which requests have succeeded, for tokenLife.
type tokens struct {
	done  map[string]tokenUse
	order []string // oldest first
}

type tokenUse struct {
	digest [sha256.Size]byte
	at     time.Time
}

func newTokens() tokens { return tokens{done: map[string]tokenUse{}} }

// check tells whether the request has been performed already.
func (t *tokens) check(token string, digest [sha256.Size]byte, now time.Time) (bool, error) {
	for len(t.order) > 0 && now.Sub(t.done[t.order[0]].at) >= tokenLife {
		delete(t.done, t.order[0])
		t.order = t.order[1:]
	}
	use, ok := t.done[token]
	if ok && use.digest != digest {
		return false, cloud.Errorf(400, "IdempotentParameterMismatchException", "The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical")
	}
	return ok, nil
}

func (t *tokens) add(token string, digest [sha256.Size]byte, now time.Time) {
	if token == "" {
		return
	}
	t.done[token] = tokenUse{digest, now}
	t.order = append(t.order, token)
}

// transactGetAnswer is also that of ExecuteTransaction.
type transactGetAnswer struct {
	Responses        []getAnswer         // one by one of reads, none of writes
	ConsumedCapacity []*consumedCapacity `json:",omitzero"`
}

func (d *DynamoDB) transactGetItems(_ context.Context, caller cloud.Caller, in struct {
	TransactItems []transactGet
	capacityRequest
}) (transactGetAnswer, error) {
	if err := cmp.Or(in.capacityRequest.check(), checkTransaction(len(in.TransactItems))); err != nil {
		return transactGetAnswer{}, err
	}
	places, parts, err := d.transactReads(caller, in.TransactItems)
	if err != nil {
		return transactGetAnswer{}, err
	}
	return d.transactedReads(places, in.capacityRequest, func(n int, i item) item { return parts[n].of(i) }), nil
}

// transactedReads reads the items at all places at one moment, and meters it; part is
// what to tell of the one at the nth place.
func (d *DynamoDB) transactedReads(places []place, in capacityRequest, part func(n int, i item) item) transactGetAnswer {
	consumed := capacities{}
	answer := transactGetAnswer{Responses: make([]getAnswer, len(places))}
	for n, r := range d.rowsAt(places) {
		consumed.add(places[n].table, writeUnits{table: 2 * readUnits(sizeOfRow(r), true)})
		if r != nil {
			answer.Responses[n].Item = part(n, r.item())
		}
	}
	for t, units := range consumed {
		d.metrics.read.Observe(t.dimensions, units.total())
	}
	answer.ConsumedCapacity = consumed.list(in.ReturnConsumedCapacity)
	for _, c := range answer.ConsumedCapacity {
		c.ReadCapacityUnits = c.CapacityUnits
	}
	return answer
}

type transactGet struct{ Get getRequest }

// transactReads authorizes and prepares the members of a TransactGetItems.
func (d *DynamoDB) transactReads(caller cloud.Caller, members []transactGet) ([]place, []projection, error) {
	names, parts := make([]string, len(members)), make([]projection, len(members))
	for i, member := range members {
		var err error
		if names[i], err = d.authorize(caller, "GetItem", member.Get.TableName); err != nil {
			return nil, nil, err
		}
		if parts[i], err = member.Get.parse(attributesToGet{}); err != nil {
			return nil, nil, err
		}
	}
	places := make([]place, len(members))
	for i, member := range members {
		t, err := d.lookUp(names[i])
		if err != nil {
			return nil, nil, err
		}
		key, err := t.key(member.Get.Key)
		if err != nil {
			return nil, nil, cancelledBy(err, i, len(members))
		}
		places[i] = place{t, key}
	}
	return places, parts, nil
}

// rowsAt returns the rows at one moment, nil where there is none.
func (d *DynamoDB) rowsAt(places []place) []*row {
	d.mu.RLock()
	defer d.mu.RUnlock()
	rows := make([]*row, len(places))
	for i, p := range places {
		rows[i] = p.table.rows.get(p.key)
	}
	return rows
}
