package signatures

import (
	"fmt"
	"strings"
	"testing"
)

func TestSecretsAreReadAsTheirSchemesWriteThem(t *testing.T) {
	for _, row := range []struct {
		scheme Scheme
		secret string
		length int // of the key; 0 if it is refused
	}{
		{Standard, standardSecret, 24},
		{Standard, strings.TrimPrefix(standardSecret, "whsec_"), 24},
		{Standard, Standard.sample("a")[:len("whsec_")+32], 24},
		{Standard, "whsec_" + strings.Repeat("A", 44*2-4) + "AA==", 64},
		{Standard, "whsec_" + strings.Repeat("A", 88), 0},
		{Standard, "whsec_" + strings.Repeat("A", 28), 0},
		{Standard, "whsec_" + strings.Repeat("-", 32), 0},
		{Standard, "", 0}, {Standard, "whsec_", 0}, {Standard, "whsk_" + strings.Repeat("A", 32), 0},
		{GitHub, githubSecret, 26}, {GitHub, strings.Repeat("a", 15), 0}, {GitHub, strings.Repeat("a", 16), 16}, {GitHub, strings.Repeat("a", 513), 0},
		{Stripe, stripeSecret, len(stripeSecret)}, {Stripe, "", 0},
	} {
		k, err := row.scheme.Key(row.secret)
		if len(k.bytes) != row.length || (err != nil) != (row.length == 0) {
			t.Errorf("%s %q: %d bytes, %v", row.scheme, row.secret, len(k.bytes), err)
		}
		if err != nil && row.secret != "" && strings.Contains(err.Error(), row.secret) {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}

func TestAValueOfSecretsManagerIsReadOrRefusedWithoutTellingIt(t *testing.T) {
	for text, want := range map[string]int{ // how many secrets; 0 if it is refused
		`{"current":"sesame"}`:                                  1,
		`{"current":"sesame","previous":["sesame2","b"]}`:       3,
		`{"current":"sesame","previous":[]}`:                    1,
		`{"current":"sesame","previous":["1","2","3","4"]}`:     5,
		`{"current":"sesame","previous":["1","2","3","4","5"]}`: 0,
		`{"current":""}`:          0,
		`{"previous":["sesame"]}`: 0,
		`{}`:                      0, ``: 0, `sesame`: 0, `"sesame"`: 0, `{"current":1}`: 0, `{"current":"sesame","previous":"sesame"}`: 0,
	} {
		secrets, err := DecodeSecrets(text)
		if got := 0; err == nil {
			if got = len(secrets.All()); got != want {
				t.Errorf("%s: %d secrets", text, got)
			}
		} else if want != 0 || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestOneBadSecretOfSeveralIsTold(t *testing.T) {
	good := Secrets{Current: standardSecret, Previous: []string{Standard.sample("a")}}
	if keys, err := good.Keys(Standard); len(keys) != 2 || err != nil {
		t.Errorf("%d keys, %v", len(keys), err)
	}
	if _, err := (Secrets{Current: standardSecret, Previous: []string{"short"}}).Keys(Standard); err == nil {
		t.Error("no error")
	}
}

func TestATokenIsOneOfTheSecretsOrNone(t *testing.T) {
	secrets := Secrets{Current: "the current token", Previous: []string{"the previous token", "", "short"}}
	for token, want := range map[string]bool{
		"the current token": true, "the previous token": true,
		"": false, "short": false, "the current toke": false, "the current token ": false, "The current token": false, "\x00": false,
	} {
		if got := secrets.Holds(token); got != want {
			t.Errorf("%q: %v", token, got)
		}
	}
}

func ExampleScheme_Verify() {
	keys, _ := Secrets{Current: standardSecret}.Keys(Standard)
	id, err := Standard.Verify(standardHeader(), []byte(standardBody), keys, signedAt)
	fmt.Println(id, err)
	// Output: msg_p5jXN8AQM9LWM0D4loKWxJek <nil>
}
