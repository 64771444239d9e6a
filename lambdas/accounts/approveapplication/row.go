package approveapplication

// This file writes decisions into the Applications table, and reads them.

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
)

// row is a decision as it is stored. Of an applicant who is rejected only the
// fingerprint is kept.
func row(decided contract.Decided, fingerprint string) (map[string]types.AttributeValue, error) {
	item := map[string]types.AttributeValue{
		contract.AttrApplicationID: attribute.Text(decided.ApplicationID),
		contract.AttrFingerprint:   attribute.Text(fingerprint),
		contract.AttrDecision:      attribute.Text(decided.Decision),
		contract.AttrDecidedAt:     attribute.Text(time.Now().UTC().Format(time.RFC3339)),
	}
	var err error
	if decided.Applicant != nil {
		item[contract.AttrApplicant], err = attributevalue.MarshalWithOptions(decided.Applicant, byJSONNames)
	} else {
		item[contract.AttrReasons], err = attributevalue.MarshalWithOptions(decided.Reasons, byJSONNames)
	}
	return item, err
}

func byJSONNames(o *attributevalue.EncoderOptions) { o.TagKey = "json" }

// read is the decision of a row.
func read(item map[string]types.AttributeValue) (contract.Decided, error) {
	var decided contract.Decided
	err := attributevalue.UnmarshalMapWithOptions(item, &decided, func(o *attributevalue.DecoderOptions) { o.TagKey = "json" })
	if err != nil {
		return contract.Decided{}, fmt.Errorf("read the decision on %s: %w", attribute.String(item, contract.AttrApplicationID), err)
	}
	return decided, nil
}
