package api

import (
	"context"
	"errors"
	"strings"

	"customer-events/internal/apierr"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// MaxMembers is how many members a body's outermost object may have. Each of them is remembered, so as not to be given twice.
const MaxMembers = 100

// Members are the members of a body that a call knows, and how each is read. A member that is null is as one that is missing.
type Members map[string]Member

// Member reads the value that the cursor stands before, and consumes it even where it refuses it.
type Member func(c *strictjson.Cursor, name string) error

// Read takes a body apart. Members that the call does not know are passed over: the original's callers may send what only the
// original needs, such as the unit of a login, and a GraphQL client whatever its tools add. No body at all is an object without
// members. A body that is not JSON is refused as that before anything else; else what is wrong first is told.
func (m Members) Read(ctx context.Context, body string) (refusal *apierr.Error) {
	if waited := RunCPUBound(ctx, len(body), func() { refusal = m.read(body) }); waited != nil {
		return waited
	}
	return refusal
}

func (m Members) read(body string) *apierr.Error {
	if strings.TrimSpace(body) == "" {
		return nil
	}
	c := strictjson.New(body)
	if c.Kind() != strictjson.Object {
		return apierr.New(apierr.BadRequest, "the body must be one JSON object")
	}
	var refusal *apierr.Error
	seen := make(map[string]bool, len(m))
	err := c.Object(func(name string) error {
		switch {
		case refusal != nil: // only whether the rest is JSON is still of interest
		case seen[name]:
			refusal = apierr.New(apierr.BadRequest, "%s is given twice", models.Sanitize(name))
		case len(seen) == MaxMembers:
			refusal = apierr.New(apierr.BadRequest, "the body has more than %d members", MaxMembers)
		}
		read := m[name]
		if refusal != nil {
			return c.Skip()
		}
		seen[name] = true
		if read == nil || c.Kind() == strictjson.Null {
			return c.Skip()
		}
		err := read(c, name)
		if errors.As(err, &refusal) {
			return nil
		}
		return err
	})
	if err == nil {
		err = c.End()
	}
	if err != nil {
		return apierr.New(apierr.BadRequest, "the body is not valid JSON")
	}
	return refusal
}

// Text reads a text. It stays nil if the member is null or missing.
func Text(into **string) Member {
	return func(c *strictjson.Cursor, name string) error {
		if c.Kind() != strictjson.String {
			return mustBe("a text", c, name)
		}
		value, err := c.Text()
		if errors.Is(err, strictjson.ErrText) {
			return apierr.New(apierr.BadRequest, "%s is not Unicode text, write UTF-8 without lone surrogates", name)
		}
		*into = &value
		return err
	}
}

// List sets a list aside, as it is written.
func List(into *string) Member { return aside(strictjson.Array, "a list", into) }

// Object sets an object aside, as it is written.
func Object(into *string) Member { return aside(strictjson.Object, "an object", into) }

func aside(kind strictjson.Kind, what string, into *string) Member {
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
