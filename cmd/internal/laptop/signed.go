package laptop

// This file calls REST APIs whose callers are known by IAM.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Answer is an answer of a REST API, as it came.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Post posts JSON to a REST API, signed as IAM wants it.
func (l *Laptop) Post(ctx context.Context, url, body string) (Answer, error) {
	return l.Send(ctx, http.MethodPost, url, body, nil)
}

// Send is Post with any method, and headers besides.
func (l *Laptop) Send(ctx context.Context, method, url, body string, header map[string]string) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		request.Header.Set(name, value)
	}
	credentials, err := l.AWS().Credentials.Retrieve(ctx)
	if err != nil {
		return Answer{}, fmt.Errorf("sign a request: %w", err)
	}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), "execute-api", l.AWS().Region, time.Now()); err != nil {
		return Answer{}, fmt.Errorf("sign a request: %w", err)
	}
	client := l.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("read the answer of %s: %w", url, err)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: raw}, nil
}
