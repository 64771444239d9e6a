package request

// This file writes the mails.

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/tradepost-dev/tradepost/internal/approvals"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
)

// SNS is what the handler needs of the SNS client.
type SNS interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// send publishes one approver's mail. Of what is asked it has the title only,
// quoted and behind our own link: the text may be somebody's whom the approver
// has to judge.
func (h *Handler) send(ctx context.Context, title string, link approvals.Link, url string) error {
	until := time.Unix(link.Expires, 0).UTC().Format("2 January 2006, 15:04 MST")
	_, err := h.SNS.Publish(ctx, &sns.PublishInput{
		TopicArn: &h.TopicARN,
		Subject:  aws.String("Your decision is asked for"),
		Message: aws.String(fmt.Sprintf(`Your decision is asked for. Read what it is about, and decide, here:

%s

The link is meant for %s only; do not pass it on. Opening it decides nothing.
Without a decision by %s it counts as denied.

It is about: %s
`, url, link.Approver, until, strconv.Quote(title))),
		MessageAttributes: map[string]types.MessageAttributeValue{
			contract.MessageAttributeApprover: {DataType: aws.String("String"), StringValue: &link.Approver},
		},
	})
	return err
}
