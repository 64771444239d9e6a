package cloud

import (
	"encoding/base64"
	"slices"
	"testing"
)

func TestPagesMakeUpTheList(t *testing.T) {
	list := []int{1, 2, 3, 4, 5}
	var got [][]int
	for token := ""; ; {
		page, next, err := Page(list, token, 2)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page)
		if token = next; token == "" {
			break
		}
	}
	if !slices.EqualFunc(got, [][]int{{1, 2}, {3, 4}, {5}}, slices.Equal) {
		t.Errorf("the pages are %v", got)
	}
	_, next, _ := Page(list, "", 4)
	if page, next, err := Page(list[:3], next, 4); page == nil || len(page) != 0 || next != "" || err != nil {
		t.Errorf("of a list that is shorter meanwhile got %v, %q, %v", page, next, err)
	}
}

func TestATokenThatNoAnswerHadIsRefused(t *testing.T) {
	for _, token := range []string{"?", "2", base64.StdEncoding.EncodeToString([]byte("two")), base64.StdEncoding.EncodeToString([]byte("-1"))} {
		if page, _, err := Page([]int{1, 2, 3}, token, 2); err == nil {
			t.Errorf("token %q gave %v", token, page)
		}
	}
}
