package iam

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// The time is 2000-01-01T00:00:00Z, and of the caller's keys there are a text, a number and an address.
func TestConditionsHoldAsTheirOperatorsSay(t *testing.T) {
	for _, tt := range []struct {
		name, condition string
		holds           bool
	}{
		{"a time before", `"DateLessThan":{"aws:CurrentTime":"2000-01-01T00:00:01Z"}`, true},
		{"that very time is not before", `"DateLessThan":{"aws:CurrentTime":"2000-01-01T00:00:00Z"}`, false},
		{"before or then", `"DateLessThanEquals":{"aws:CurrentTime":"2000-01-01T00:00:00Z"}`, true},
		{"a time after", `"DateGreaterThan":{"aws:CurrentTime":"1999-12-31"}`, true},
		{"that very time is not after", `"DateGreaterThan":{"aws:CurrentTime":"2000-01-01"}`, false},
		{"after or then", `"DateGreaterThanEquals":{"aws:CurrentTime":"2000-01-01T00:00Z"}`, true},
		{"a time in seconds", `"DateEquals":{"aws:EpochTime":"946684800"}`, true},
		{"another time", `"DateEquals":{"aws:CurrentTime":"2000-01-02"}`, false},
		{"not another time", `"DateNotEquals":{"aws:CurrentTime":"2000-01-02"}`, true},
		{"not that time", `"DateNotEquals":{"aws:CurrentTime":"2000-01-01"}`, false},
		{"a time that is none", `"DateGreaterThan":{"aws:CurrentTime":"yesterday"}`, false},
		{"a time after is not before or then", `"DateLessThanEquals":{"aws:CurrentTime":"1999-12-31"}`, false},
		{"a time before is not after or then", `"DateGreaterThanEquals":{"aws:CurrentTime":"2000-01-02"}`, false},
		{"a number", `"NumericEquals":{"s3:max-keys":"10.0"}`, true},
		{"another number", `"NumericEquals":{"s3:max-keys":"11"}`, false},
		{"not another number", `"NumericNotEquals":{"s3:max-keys":"11"}`, true},
		{"a smaller number", `"NumericLessThan":{"s3:max-keys":"11"}`, true},
		{"that very number is not smaller", `"NumericLessThan":{"s3:max-keys":"10"}`, false},
		{"smaller or that number", `"NumericLessThanEquals":{"s3:max-keys":"10"}`, true},
		{"a larger number is not smaller or that", `"NumericLessThanEquals":{"s3:max-keys":"9"}`, false},
		{"a larger number", `"NumericGreaterThan":{"s3:max-keys":"9"}`, true},
		{"that very number is not larger", `"NumericGreaterThan":{"s3:max-keys":"10"}`, false},
		{"larger or that number", `"NumericGreaterThanEquals":{"s3:max-keys":"10"}`, true},
		{"a smaller number is not larger or that", `"NumericGreaterThanEquals":{"s3:max-keys":"11"}`, false},
		{"a number that is none", `"NumericGreaterThan":{"s3:max-keys":"few"}`, false},
		{"a text for a number", `"NumericGreaterThan":{"s3:prefix":"1"}`, false},
		{"an address", `"IpAddress":{"aws:SourceIp":"192.0.2.7"}`, true},
		{"another address", `"IpAddress":{"aws:SourceIp":"192.0.2.8"}`, false},
		{"a range", `"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}`, true},
		{"another range", `"IpAddress":{"aws:SourceIp":"192.0.3.0/24"}`, false},
		{"not that range", `"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`, false},
		{"a range that is none", `"IpAddress":{"aws:SourceIp":"home"}`, false},
		{"a text for an address", `"IpAddress":{"s3:prefix":"0.0.0.0/0"}`, false},
		{"a text in another case", `"StringEqualsIgnoreCase":{"s3:prefix":"yq=="}`, true},
		{"not a text in another case", `"StringNotEqualsIgnoreCase":{"s3:prefix":"yq=="}`, false},
		{"bytes", `"BinaryEquals":{"s3:prefix":"YQ=="}`, true},
		{"other bytes", `"BinaryEquals":{"s3:prefix":"Yg=="}`, false},
		{"all of one value", `"ForAllValues:StringEquals":{"s3:prefix":["YQ==","x"]}`, true},
		{"all of another value", `"ForAllValues:StringEquals":{"s3:prefix":["x"]}`, false},
		{"all of none", `"ForAllValues:StringEquals":{"aws:TagKeys":["x"]}`, true},
		{"any of one value", `"ForAnyValue:StringLike":{"s3:prefix":"Y*"}`, true},
		{"any of none", `"ForAnyValue:StringEquals":{"aws:TagKeys":["x"]}`, false},
		{"any of none that is not", `"ForAnyValue:StringNotEquals":{"aws:TagKeys":["x"]}`, false},
		{"who it is", `"StringLike":{"aws:userid":"AROA*:f"}`, true},
		{"another one", `"StringLike":{"aws:userid":"*:g"}`, false},
		{"a variable", `"StringEquals":{"aws:userid":"${aws:userid}"}`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, caller := roleWith(t, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{`+tt.condition+`}}`)
				caller.Context = map[string]string{"s3:prefix": "YQ==", "s3:max-keys": "10", "aws:SourceIp": "192.0.2.7"}
				if err := store.Authorize(caller, "s3:ListBucket", "arn:aws:s3:::b"); (err == nil) != tt.holds {
					t.Errorf("at %s: holds is %t, want %t: %v", time.Now().UTC(), err == nil, tt.holds, err)
				}
			})
		})
	}
}

// In the older version of the language, which has no variables, "${" is a text.
func TestOnlyTheNewerVersionHasVariables(t *testing.T) {
	for _, version := range []string{`"Version":"2012-10-17",`, `"Version":"2008-10-17",`, ``} {
		p, err := parse([]byte(`{` + version + `"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:PrincipalAccount}"}}`))
		if err != nil {
			t.Fatal(err)
		}
		r := &request{site: cloud.Site{Account: "111122223333"}, lower: "s3:getobject", resource: "arn:aws:s3:::111122223333"}
		if replaced := p.decide(r, nil) == allowed; replaced != strings.Contains(version, "2012") {
			t.Errorf("%s: the variable is replaced: %t", version, replaced)
		}
	}
}
