// The record of a call, as in "CloudTrail record contents".

package cloudtrail

import (
	"cmp"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type record struct {
	EventVersion        string         `json:"eventVersion"`
	UserIdentity        userIdentity   `json:"userIdentity"`
	EventTime           time.Time      `json:"eventTime"`
	EventSource         string         `json:"eventSource"`
	EventName           string         `json:"eventName"`
	Region              string         `json:"awsRegion"`
	SourceIP            string         `json:"sourceIPAddress"`
	UserAgent           string         `json:"userAgent"`
	ErrorCode           string         `json:"errorCode,omitempty"`
	ErrorMessage        string         `json:"errorMessage,omitempty"`
	RequestParameters   map[string]any `json:"requestParameters"`
	ResponseElements    map[string]any `json:"responseElements"`
	AdditionalEventData map[string]any `json:"additionalEventData,omitempty"`
	RequestID           string         `json:"requestID"`
	EventID             string         `json:"eventID"`
	ReadOnly            bool           `json:"readOnly"`
	Resources           []resource     `json:"resources,omitempty"`
	EventType           string         `json:"eventType"`
	ManagementEvent     bool           `json:"managementEvent"`
	RecipientAccountID  string         `json:"recipientAccountId"`
	EventCategory       string         `json:"eventCategory"`
}

type resource struct {
	AccountID string `json:"accountId,omitempty"`
	Type      string `json:"type"`
	ARN       string `json:"ARN"`
}

type userIdentity struct {
	Type           string          `json:"type"`
	PrincipalID    string          `json:"principalId,omitempty"`
	ARN            string          `json:"arn,omitempty"`
	AccountID      string          `json:"accountId,omitempty"`
	UserName       string          `json:"userName,omitempty"`
	InvokedBy      string          `json:"invokedBy,omitempty"`
	SessionContext *sessionContext `json:"sessionContext,omitempty"`
}

type sessionContext struct {
	SessionIssuer sessionIssuer `json:"sessionIssuer"`
}

type sessionIssuer struct {
	Type        string `json:"type"`
	PrincipalID string `json:"principalId,omitempty"`
	ARN         string `json:"arn"`
	AccountID   string `json:"accountId"`
	UserName    string `json:"userName"`
}

func (t *CloudTrail) record(call cloud.APICall, now time.Time) record {
	_, data := dataARN(call)
	r := record{
		EventVersion:        "1.11",
		UserIdentity:        identity(call.Caller, t.cloud.Account),
		EventTime:           now,
		EventSource:         call.EventSource,
		EventName:           call.EventName,
		Region:              t.cloud.Region,
		SourceIP:            cmp.Or(call.SourceIP, call.Caller.Service),
		UserAgent:           cmp.Or(call.UserAgent, call.Caller.Service),
		ErrorCode:           call.ErrorCode,
		ErrorMessage:        call.ErrorMessage,
		RequestParameters:   call.RequestParameters,
		ResponseElements:    call.ResponseElements,
		AdditionalEventData: call.AdditionalEventData,
		RequestID:           cmp.Or(call.RequestID, cloud.UUID()),
		EventID:             cloud.UUID(),
		ReadOnly:            call.ReadOnly,
		EventType:           "AwsApiCall",
		ManagementEvent:     !data,
		RecipientAccountID:  t.cloud.Account,
		EventCategory:       "Management",
	}
	if data {
		r.EventCategory = "Data"
	}
	for _, touched := range call.Resources {
		account := t.cloud.Account
		if touched.Type == objectType { // whose account is its bucket's
			account = ""
		}
		r.Resources = append(r.Resources, resource{AccountID: account, Type: touched.Type, ARN: touched.ARN})
	}
	return r
}

// identity tells who called, by the kinds of the userIdentity element.
func identity(caller cloud.Caller, account string) userIdentity {
	switch {
	case caller.Root:
		return userIdentity{Type: "Root", PrincipalID: account, ARN: caller.ARN, AccountID: account}
	case caller.Service != "":
		return userIdentity{Type: "AWSService", InvokedBy: caller.Service}
	case caller.Role != "":
		role, _, _ := strings.Cut(caller.ID, ":")
		return userIdentity{
			Type: "AssumedRole", PrincipalID: cmp.Or(caller.ID, "AROA:"+lastPart(caller.ARN)), ARN: caller.ARN, AccountID: account,
			SessionContext: &sessionContext{sessionIssuer{Type: "Role", PrincipalID: role, ARN: caller.Role, AccountID: account, UserName: lastPart(caller.Role)}},
		}
	default:
		name := lastPart(caller.ARN)
		return userIdentity{Type: "IAMUser", PrincipalID: cmp.Or(caller.ID, name), ARN: caller.ARN, AccountID: account, UserName: name}
	}
}

func lastPart(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
