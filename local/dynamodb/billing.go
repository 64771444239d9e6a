package dynamodb

// Billing: what tables and indexes are provisioned for, limited to and warmed up
// for, and with which key they are encrypted. All of it is told; nothing is
// throttled or encrypted by it.

// throughput is what a table or an index is provisioned for.
type throughput struct {
	ReadCapacityUnits  int
	WriteCapacityUnits int
}

const onDemand = "PAY_PER_REQUEST"

// checkBilling holds capacity to the billing mode.
func (s tableSpec) checkBilling() error {
	if err := checkEnum("billingMode", s.BillingMode, "PROVISIONED", onDemand); err != nil {
		return err
	}
	given := s.ProvisionedThroughput != nil
	for _, x := range s.GlobalSecondaryIndexes {
		if s.BillingMode == onDemand && x.ProvisionedThroughput != nil {
			return invalid("One or more parameter values were invalid: ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST", x.IndexName)
		}
	}
	switch {
	case s.BillingMode == onDemand && given:
		return invalid("One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case s.BillingMode != onDemand && !given:
		return invalid("One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	case s.BillingMode != onDemand && s.OnDemandThroughput != nil:
		return invalid("One or more parameter values were invalid: OnDemandThroughput can only be specified when BillingMode is PAY_PER_REQUEST")
	case given:
		return s.ProvisionedThroughput.check()
	}
	return nil
}

func (t throughput) check() error {
	for _, units := range []struct {
		member string
		value  int
	}{{"readCapacityUnits", t.ReadCapacityUnits}, {"writeCapacityUnits", t.WriteCapacityUnits}} {
		if units.value < 1 {
			return invalid("1 validation error detected: Value '%d' at 'provisionedThroughput.%s' failed to satisfy constraint: Member must have value greater than or equal to 1", units.value, units.member)
		}
	}
	return nil
}

// onDemandThroughput are the most units a second of a table or an index on demand.
type onDemandThroughput struct {
	MaxReadRequestUnits  int `json:",omitzero"`
	MaxWriteRequestUnits int `json:",omitzero"`
}

// warmThroughput is what a table or an index bears at once.
type warmThroughput struct {
	ReadUnitsPerSecond  int
	WriteUnitsPerSecond int
}

type warmed struct {
	warmThroughput
	Status string // ACTIVE or UPDATING
}

// newOnDemand is what a new table on demand bears.
var newOnDemand = warmThroughput{ReadUnitsPerSecond: 12000, WriteUnitsPerSecond: 4000}

// warmed tells what a table or an index bears: at least what it is provisioned
// for. While a table is made, only what was asked for is known.
func (s tableSpec) warmed(status string, provisioned *throughput, asked *warmThroughput) *warmed {
	w := newOnDemand
	if s.BillingMode != onDemand && provisioned != nil {
		w = warmThroughput{provisioned.ReadCapacityUnits, provisioned.WriteCapacityUnits}
	}
	if asked != nil {
		w = warmThroughput{max(w.ReadUnitsPerSecond, asked.ReadUnitsPerSecond), max(w.WriteUnitsPerSecond, asked.WriteUnitsPerSecond)}
	}
	switch {
	case status != "CREATING":
		return &warmed{w, "ACTIVE"}
	case asked == nil:
		return nil
	default:
		return &warmed{w, "UPDATING"}
	}
}

// encryptionSpec asks for encryption with a key of KMS.
type encryptionSpec struct {
	Enabled        *bool
	SSEType        string // KMS
	KMSMasterKeyId string
}

type encryption struct {
	Status          string // ENABLED
	SSEType         string // KMS
	KMSMasterKeyArn string
}

// encryption tells how a table is encrypted: nil for DynamoDB's own key. A key
// that is not named is the account's for DynamoDB.
func (d *DynamoDB) encryption(asked *encryptionSpec) *encryption {
	if asked == nil || asked.Enabled != nil && !*asked.Enabled || asked.Enabled == nil && asked.KMSMasterKeyId == "" && asked.SSEType == "" {
		return nil
	}
	key := asked.KMSMasterKeyId
	if key == "" {
		key = d.cloud.ARN("kms", "alias/aws/dynamodb")
	}
	return &encryption{"ENABLED", "KMS", key}
}
