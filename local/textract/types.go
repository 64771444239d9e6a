package textract

// This file is the shapes of the API that several operations use.
// https://docs.aws.amazon.com/textract/latest/dg/API_Types.html

import "github.com/tradepost-dev/tradepost/local/cloud"

type s3Object struct{ Bucket, Name, Version string }

type documentMetadata struct{ Pages int }

type expenseDocument struct {
	ExpenseIndex   int // the page: each is an expense of its own
	SummaryFields  []expenseField
	LineItemGroups []lineItemGroup
	Blocks         []block
}

type expenseField struct {
	Type            expenseType
	LabelDetection  *expenseDetection `json:",omitempty"`
	ValueDetection  expenseDetection
	PageNumber      int
	Currency        *expenseCurrency       `json:",omitempty"`
	GroupProperties []expenseGroupProperty `json:",omitempty"`
}

type expenseType struct {
	Text       string
	Confidence cloud.Double
}

type expenseDetection struct {
	Text       string
	Geometry   geometry
	Confidence cloud.Double
}

type expenseCurrency struct {
	Code       string
	Confidence cloud.Double
}

type expenseGroupProperty struct {
	Types []string
	Id    string
}

type lineItemGroup struct {
	LineItemGroupIndex int
	LineItems          []lineItemFields
}

type lineItemFields struct{ LineItemExpenseFields []expenseField }

type block struct {
	BlockType     string       // PAGE, LINE, WORD
	Confidence    cloud.Double `json:",omitempty"`
	Text          string       `json:",omitempty"`
	TextType      string       `json:",omitempty"` // of a WORD
	Geometry      geometry
	Id            string
	Relationships []relationship `json:",omitempty"`
	Page          int
}

type relationship struct {
	Type string // CHILD
	Ids  []string
}

type geometry struct {
	BoundingBox   boundingBox
	Polygon       []point
	RotationAngle *cloud.Double `json:",omitempty"` // of a WORD
}

type boundingBox struct{ Width, Height, Left, Top cloud.Double }

type point struct{ X, Y cloud.Double }

type warning struct {
	ErrorCode string
	Pages     []int
}
