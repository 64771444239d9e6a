// Package accept answers POST /transactions: it checks one posted transaction
// and puts it on the queue.
package accept

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	"github.com/tradepost-dev/tradepost/internal/contenthash"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/messages"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
}

// SQS is what the handler needs of the SQS client.
type SQS interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Handler accepts transactions into one queue.
type Handler struct {
	DynamoDB          DynamoDB
	SQS               SQS
	Metrics           *metrics.Emitter
	TransactionsTable string
	QueueURL          string
}

// Handle answers 202 once the transaction is queued; 400, 409, 413 or 415, with
// a sentence, when the partner has to change something; 503 when the pipeline
// cannot take it now. Its error is always nil: API Gateway would turn one
// into a 502 that says nothing.
func (h *Handler) Handle(ctx context.Context, request events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	posted, err := parse(request)
	if err != nil {
		return refuse(ctx, request, err), nil
	}
	partner, _ := request.RequestContext.Authorizer["partner"].(string)
	if partner == "" {
		return refuse(ctx, request, errors.New("the authorizer named no partner")), nil
	}
	fileID := contract.RequestID(request.RequestContext.RequestID)
	message := contract.Message{
		Record:  contract.NewRecord(fileID, 1, partner, contract.SourceREST, "", posted.id),
		Content: contract.Content{Children: []contract.Node{{Name: contract.ElementNotes, Text: posted.message}}},
	}
	if err := h.queue(ctx, message); err != nil {
		return refuse(ctx, request, err), nil
	}
	if err := h.Metrics.Count(metrics.Value{Name: contract.MetricReceived, Count: 1}); err != nil {
		slog.ErrorContext(ctx, "metric lost", "error", err.Error())
	}
	return accepted(request, posted.id), nil
}

// encode makes the message's JSON and refuses one that could start no
// execution.
func encode(m contract.Message) (string, error) {
	body, err := messages.Encode(m)
	if err != nil {
		return "", err
	}
	if len(body) > contract.MaxMessageBytes {
		return "", tooLarge()
	}
	return body, nil
}

// queue shows the transaction as RECEIVED and sends its message, or leaves
// the table as it was.
func (h *Handler) queue(ctx context.Context, m contract.Message) error {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	body, err := encode(m)
	if err != nil {
		return err
	}
	undo, err := h.received(ctx, m)
	if err != nil {
		return err
	}
	_, err = h.SQS.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(h.QueueURL), MessageBody: aws.String(body)})
	if err == nil {
		return nil
	}
	err = fmt.Errorf("send transaction %q of %s: %w", m.TransactionID, m.Partner, err)
	return errors.Join(err, undo(context.WithoutCancel(ctx)))
}

// received puts the transaction's RECEIVED row. One that is stored stays:
// other content is refused, and the same goes on to the workflow, which makes
// it a DUPLICATE. The row that undo takes away is the one put here, never a
// later one.
func (h *Handler) received(ctx context.Context, m contract.Message) (undo func(context.Context) error, err error) {
	partner, id, fileID := m.Partner, m.TransactionID, m.FileID
	key := map[string]types.AttributeValue{contract.AttrTransactionKey: attribute.Text(m.TransactionKey)}
	now := time.Now().UTC()
	names := map[string]string{"#status": contract.AttrStatus}
	put, err := h.DynamoDB.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(h.TransactionsTable),
		Item: map[string]types.AttributeValue{
			contract.AttrTransactionKey: attribute.Text(m.TransactionKey),
			contract.AttrPartner:        attribute.Text(partner),
			contract.AttrTransactionID:  attribute.Text(id),
			contract.AttrPartnerDay:     attribute.Text(contract.PartnerDay(partner, now, m.Shard)),
			contract.AttrStatus:         attribute.Text(contract.StatusReceived),
			contract.AttrFileID:         attribute.Text(fileID),
			contract.AttrReceivedAt:     attribute.Text(now.Format(time.RFC3339Nano)),
		},
		ConditionExpression:                 aws.String("attribute_not_exists(#id) OR #status <> :stored"),
		ExpressionAttributeNames:            map[string]string{"#id": contract.AttrTransactionKey, "#status": contract.AttrStatus},
		ExpressionAttributeValues:           map[string]types.AttributeValue{":stored": attribute.Text(contract.Stored)},
		ReturnValues:                        types.ReturnValueAllOld,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var stored *types.ConditionalCheckFailedException
	if errors.As(err, &stored) {
		return func(context.Context) error { return nil }, compare(m, stored.Item)
	}
	if err != nil {
		return nil, fmt.Errorf("show transaction %q of %s as received: %w", id, partner, err)
	}

	names["#file"] = contract.AttrFileID
	ours := aws.String("#file = :file AND #status = :received")
	values := map[string]types.AttributeValue{":file": attribute.Text(fileID), ":received": attribute.Text(contract.StatusReceived)}
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		var err error
		if len(put.Attributes) > 0 { // an earlier post of the same id, unfinished or failed
			_, err = h.DynamoDB.PutItem(ctx, &dynamodb.PutItemInput{
				TableName: aws.String(h.TransactionsTable), Item: put.Attributes,
				ConditionExpression: ours, ExpressionAttributeNames: names, ExpressionAttributeValues: values,
			})
		} else {
			_, err = h.DynamoDB.DeleteItem(ctx, &dynamodb.DeleteItemInput{
				TableName: aws.String(h.TransactionsTable), Key: key,
				ConditionExpression: ours, ExpressionAttributeNames: names, ExpressionAttributeValues: values,
			})
		}
		var replaced *types.ConditionalCheckFailedException
		if err != nil && !errors.As(err, &replaced) {
			return fmt.Errorf("take back the RECEIVED row of transaction %q of %s: %w", id, partner, err)
		}
		return nil
	}, nil
}

// compare refuses a transaction whose id is stored with other content.
func compare(m contract.Message, stored map[string]types.AttributeValue) error {
	known, ok := stored[contract.AttrContentHash].(*types.AttributeValueMemberS)
	if ok && known.Value != contenthash.Of(m.Content).String() {
		return conflict()
	}
	return nil
}

// accepted is the 202. The status address is absolute when the request says
// which host it was sent to.
func accepted(request events.APIGatewayProxyRequest, id string) events.APIGatewayProxyResponse {
	status := request.RequestContext.Path + "/" + url.PathEscape(id)
	if host := header(request, "Host"); host != "" {
		scheme := header(request, "X-Forwarded-Proto")
		if scheme == "" {
			scheme = "https"
		}
		status = scheme + "://" + host + status
	}
	return answer(http.StatusAccepted, map[string]string{"Location": status}, struct {
		TransactionID string `json:"transactionId"`
		Status        string `json:"status"`
		StatusURL     string `json:"statusUrl"`
	}{id, contract.StatusReceived, status})
}

// refuse answers an error: a refusal with its own status and sentence, any
// other one with 503, its cause in the log only.
func refuse(ctx context.Context, request events.APIGatewayProxyRequest, err error) events.APIGatewayProxyResponse {
	type body struct {
		Message string `json:"message"`
	}
	var r refusal
	if errors.As(err, &r) {
		return answer(r.status, nil, body{r.message})
	}
	slog.ErrorContext(ctx, "transaction not accepted", "requestId", request.RequestContext.RequestID, "error", err.Error())
	const pause = 5 * time.Second
	return answer(http.StatusServiceUnavailable,
		map[string]string{"Retry-After": strconv.Itoa(int(pause.Seconds()))},
		body{"The transaction was not accepted because of trouble on our side. Please post it again."})
}

func answer(status int, headers map[string]string, body any) events.APIGatewayProxyResponse {
	text, err := json.Marshal(body)
	if err != nil { // strings always encode
		status, text = http.StatusInternalServerError, []byte(`{}`)
	}
	all := map[string]string{"Content-Type": "application/json"}
	for name, value := range headers {
		all[name] = value
	}
	return events.APIGatewayProxyResponse{StatusCode: status, Headers: all, Body: string(text)}
}
