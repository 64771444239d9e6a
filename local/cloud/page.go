package cloud

// This file cuts lists into pages.

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
)

// Page is the part of a list that a token asks for, and the token of the next part,
// which is empty at the end. A token is the position of the first entry that was not
// given yet. The error is of a token that no answer had: the caller tells it in the
// words of its service. A page is never nil, as an empty list is answered as one.
func Page[T any](list []T, token string, size int) (page []T, next string, err error) {
	from := 0
	if token != "" {
		if from, err = position(token); err != nil {
			return nil, "", err
		}
	}
	from = min(from, len(list))
	to := min(from+size, len(list))
	if to < len(list) {
		next = base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	}
	return append([]T{}, list[from:to]...), next, nil
}

type pageKey struct{}

// WithPage returns a context in which a page of a listing of S3, whose size is no
// member of Call.Input, has no more than so many entries.
func WithPage(ctx context.Context, most int) context.Context {
	return context.WithValue(ctx, pageKey{}, most)
}

// PageOf is how many entries a page has that was asked to have so many at most.
func PageOf(ctx context.Context, asked int) int {
	if most, ok := ctx.Value(pageKey{}).(int); ok {
		return min(most, asked)
	}
	return asked
}

func position(token string) (int, error) {
	text, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return 0, err
	}
	at, err := strconv.Atoi(string(text))
	if err == nil && at < 0 {
		err = fmt.Errorf("token of the position %d", at)
	}
	return at, err
}
