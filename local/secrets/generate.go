package secrets

// Passwords as GenerateSecretString asks for them.

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// generator is the GenerateSecretString property.
type generator struct {
	ExcludeCharacters       string
	ExcludeLowercase        bool
	ExcludeNumbers          bool
	ExcludePunctuation      bool
	ExcludeUppercase        bool
	GenerateStringKey       string
	IncludeSpace            bool
	PasswordLength          *int  // default 32, 1 to 4096
	RequireEachIncludedType *bool // default true
	SecretStringTemplate    string
}

// generate returns the password, or SecretStringTemplate with the password
// under GenerateStringKey.
func (g generator) generate() (string, error) {
	if (g.GenerateStringKey == "") != (g.SecretStringTemplate == "") {
		return "", errors.New("GenerateStringKey and SecretStringTemplate go together")
	}
	password, err := g.password()
	if err != nil || g.GenerateStringKey == "" {
		return password, err
	}
	template, err := jsonvalue.Decode([]byte(g.SecretStringTemplate))
	object, ok := template.(*jsonvalue.Object)
	if err != nil || !ok {
		return "", fmt.Errorf("SecretStringTemplate must be a JSON object, got %q", g.SecretStringTemplate)
	}
	return jsonvalue.Encode(object.Set(g.GenerateStringKey, password))
}

func (g generator) password() (string, error) {
	length := 32
	if g.PasswordLength != nil {
		length = *g.PasswordLength
	}
	classes := g.classes()
	required := g.RequireEachIncludedType == nil || *g.RequireEachIncludedType
	switch {
	case length < 1 || length > 4096:
		return "", fmt.Errorf("PasswordLength must be 1 to 4096, got %d", length)
	case len(classes) == 0:
		return "", errors.New("all characters are excluded")
	case required && length < len(classes):
		return "", fmt.Errorf("PasswordLength %d is too short for one character of each of %d types", length, len(classes))
	}
	all := []rune(strings.Join(classes, ""))
	password := make([]rune, 0, length)
	if required {
		for _, class := range classes {
			password = append(password, pick([]rune(class)))
		}
	}
	for len(password) < length {
		password = append(password, pick(all))
	}
	for i := len(password) - 1; i > 0; i-- {
		j := below(i + 1)
		password[i], password[j] = password[j], password[i]
	}
	return string(password), nil
}

// classes returns the types of characters that are left after all exclusions.
func (g generator) classes() []string {
	var classes []string
	for _, class := range []struct {
		excluded   bool
		characters string
	}{
		{g.ExcludeLowercase, "abcdefghijklmnopqrstuvwxyz"},
		{g.ExcludeUppercase, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{g.ExcludeNumbers, "0123456789"},
		{g.ExcludePunctuation, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
		{!g.IncludeSpace, " "},
	} {
		if class.excluded {
			continue
		}
		left := strings.Map(func(r rune) rune {
			if strings.ContainsRune(g.ExcludeCharacters, r) {
				return -1
			}
			return r
		}, class.characters)
		if left != "" {
			classes = append(classes, left)
		}
	}
	return classes
}

func pick(from []rune) rune { return from[below(len(from))] }

// below returns a random number from 0 to n-1.
func below(n int) int {
	// crypto/rand's reader never fails.
	i, _ := rand.Int(rand.Reader, big.NewInt(int64(n)))
	return int(i.Int64())
}
