package api

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"customer-events/internal/apierr"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// MaxMembers is the most members that a body's outermost object may have. Their names are kept to detect
// duplicates.
const MaxMembers = 100

// Members maps the names of the members that a call knows to their readers. A null member counts as missing.
type Members map[string]Member

// Member reads the value at the cursor. It consumes the value even if it returns an error.
type Member func(c *strictjson.Cursor, name string) error

// Read reads the members of a body. It skips unknown members: clients of the original Web API may send
// members that only the original needs, such as the unit of a login, and GraphQL tools add members of
// their own. An empty body counts as an object without members. Invalid JSON is reported before any other
// error, else the first error is returned.
func (m Members) Read(ctx context.Context, body string) (invalid *apierr.Error) {
	if err := RunCPUBound(ctx, len(body), func() { invalid = m.read(body) }); err != nil {
		return err
	}
	return invalid
}

func (m Members) read(body string) *apierr.Error {
	body = strings.TrimPrefix(body, byteOrderMark)
	if strings.TrimSpace(body) == "" {
		return nil
	}
	c := strictjson.New(body)
	if c.Kind() != strictjson.Object {
		if c.Skip() != nil || c.End() != nil {
			return SyntaxError("the body", body, c.Offset())
		}
		return apierr.New(apierr.BadRequest, "the body must be one JSON object")
	}
	var invalid *apierr.Error
	given := make(map[string]bool, len(m))
	err := c.Object(func(name string) error {
		switch {
		case invalid != nil: // only the rest's syntax still matters
		case given[name]:
			invalid = apierr.New(apierr.BadRequest, "%s is given twice", models.Sanitize(name))
		case len(given) == MaxMembers:
			invalid = apierr.New(apierr.BadRequest, "the body has more than %d members", MaxMembers)
		}
		read := m[name]
		if invalid != nil {
			return c.Skip()
		}
		given[name] = true
		if read == nil || c.Kind() == strictjson.Null {
			return c.Skip()
		}
		err := read(c, name)
		if errors.As(err, &invalid) {
			return nil
		}
		return err
	})
	if err == nil {
		err = c.End()
	}
	if err != nil {
		return SyntaxError("the body", body, c.Offset())
	}
	return invalid
}

// byteOrderMark precedes JSON that some programs of Windows write. RFC 8259, section 8.1, permits to ignore
// it.
const byteOrderMark = "\ufeff"

// SyntaxError returns the error for a text that stops being JSON at an offset. It names the line and the
// column, and does not quote the text, which may be a secret.
func SyntaxError(what, text string, offset int) *apierr.Error {
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return apierr.New(apierr.BadRequest, "%s is not valid JSON: it is UTF-16, send UTF-8", what)
	}
	before := text[:offset]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	if offset == len(text) {
		return apierr.New(apierr.BadRequest,
			"%s is not valid JSON: it ends at line %d, column %d, before the JSON is complete",
			what, line, column)
	}
	return apierr.New(apierr.BadRequest, "%s is not valid JSON: see line %d, column %d", what, line, column)
}

// Text returns a reader of a string. The string stays nil if the member is null or missing.
func Text(into **string) Member {
	return func(c *strictjson.Cursor, name string) error {
		if c.Kind() != strictjson.String {
			return mustBe("a text", c, name)
		}
		value, err := c.Text()
		if errors.Is(err, strictjson.ErrText) {
			return apierr.New(apierr.BadRequest,
				"%s is not Unicode text, write UTF-8 without lone surrogates", name)
		}
		*into = &value
		return err
	}
}

// List returns a reader that keeps the JSON text of a list.
func List(into *string) Member { return rawMember(strictjson.Array, "a list", into) }

// Object returns a reader that keeps the JSON text of an object.
func Object(into *string) Member { return rawMember(strictjson.Object, "an object", into) }

func rawMember(kind strictjson.Kind, what string, into *string) Member {
	return func(c *strictjson.Cursor, name string) error {
		if c.Kind() != kind {
			return mustBe(what, c, name)
		}
		raw, err := c.Raw()
		*into = raw
		return err
	}
}

func mustBe(what string, c *strictjson.Cursor, name string) error {
	if err := c.Skip(); err != nil {
		return err
	}
	return apierr.New(apierr.BadRequest, "%s must be %s", name, what)
}
