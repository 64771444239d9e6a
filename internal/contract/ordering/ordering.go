// Package ordering holds the names and shapes that cross a boundary between the
// constructs, the state machine and the handlers of order placement. It imports
// nothing outside the standard library.
package ordering

// Request is the input of an execution.
type Request struct {
	OrderID string `json:"order_id"` // the message's id, which is the execution's name as well
	Message Order  `json:"message"`
}

// Validate returns an *OrderInvalid for a request that lacks a part. What is
// wrong with an order itself is found when it is read.
func (r Request) Validate() error {
	switch {
	case r.OrderID == "":
		return &OrderInvalid{Reason: "order_id is missing"}
	case r.Message == Order{}:
		return &OrderInvalid{Reason: "message is missing"}
	}
	return nil
}

// Checked is a request of which is known whether it can be fulfilled: what
// CheckAvailability answers, and PlaceOrder, for whom somebody else may have
// been faster.
type Checked struct {
	Request
	Available bool `json:"available"`
}

// Notification is what the customer is told: the output of an execution, and the
// text of the message to the topic.
type Notification struct {
	Email   string  `json:"email"`
	OrderID *string `json:"orderId"` // null for an order that was not placed
	Message string  `json:"message"`
}

// Errors of executions.
const (
	// ErrorOrderInvalid is the name of OrderInvalid.
	ErrorOrderInvalid = "OrderInvalid"

	// ErrorServiceBusy is that of patience.ServiceBusy: the state machine tries
	// again.
	ErrorServiceBusy = "ServiceBusy"

	// ErrorAvailabilityUnknown is that of a function in the place of
	// CheckAvailability which does not answer a Checked.
	ErrorAvailabilityUnknown = "AvailabilityUnknown"
)

// Attributes of the Stock table. Its key is AttrItemName.
const (
	AttrItemName = "item_name" // of the Orders table, too
	AttrQuantity = "quantity"  // of the Orders table, too: a number
)

// Attributes of the Orders table. Its key is AttrCustomerID, AttrOrderID.
const (
	AttrCustomerID = "customer_id"
	AttrOrderID    = "order_id"
	AttrPlacedAt   = "placed_at" // RFC 3339, UTC
)

// Attributes of a dead letter that start has refused. Those that could not be
// started have none of them.
const (
	LetterError     = "error"  // ErrorOrderInvalid
	LetterReason    = "reason" // a sentence
	LetterMessageID = "messageId"
)

// NoticeCustomerID is the attribute of a notice that says whose it is.
const NoticeCustomerID = "customerId"

// Environment variables of the functions.
const (
	EnvWorkflowARN    = "WORKFLOW_ARN"
	EnvDeadLettersURL = "DEAD_LETTERS_URL"
	EnvStockTable     = "STOCK_TABLE"
	EnvOrdersTable    = "ORDERS_TABLE"
	EnvNoticesARN     = "NOTICES_ARN"
)
