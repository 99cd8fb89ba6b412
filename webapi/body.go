package webapi

import (
	"errors"
	"strings"

	"customer-events/door"
	"customer-events/events/strictjson"
	"customer-events/models"
)

// members are the members of a body that a call knows, and how each is read.
type members map[string]func(c *strictjson.Cursor, name string) error

// read takes a body apart. Members that the call does not know are passed over: the original's callers may send what only the
// original needs, such as the unit of a login. No body at all is an object without members.
func (m members) read(body string) error {
	if strings.TrimSpace(body) == "" {
		return nil
	}
	c := strictjson.New(body)
	if c.Kind() != strictjson.Object {
		return door.Refuse(door.BadRequest, "the body must be one JSON object")
	}
	// The first refusal is kept until the end: a body that is not JSON is that before anything else.
	var refusal error
	seen := make(map[string]bool, len(m))
	err := c.Object(func(name string) error {
		switch {
		case refusal != nil:
			return c.Skip() // only whether the rest is JSON is still of interest
		case seen[name]:
			refusal = door.Refuse(door.BadRequest, "%s is given twice", models.Shown(name))
		case len(seen) == door.MaxMembers:
			refusal = door.Refuse(door.BadRequest, "the body has more than %d members", door.MaxMembers)
		}
		seen[name] = true
		read := m[name]
		if read == nil || c.Kind() == strictjson.Null {
			return c.Skip()
		}
		err := read(c, name)
		var own *door.Refusal
		if errors.As(err, &own) {
			if refusal == nil {
				refusal = own
			}
			return nil
		}
		return err
	})
	if err == nil {
		err = c.End()
	}
	if err != nil {
		return door.Refuse(door.BadRequest, "the body is not valid JSON")
	}
	return refusal
}

// text reads a text. It stays nil if the member is null or missing.
func text(into **string) func(*strictjson.Cursor, string) error {
	return func(c *strictjson.Cursor, name string) error {
		if c.Kind() != strictjson.String {
			return mustBe("text", c, name)
		}
		value, err := c.Text()
		if errors.Is(err, strictjson.ErrText) {
			return door.Refuse(door.BadRequest, "%s is not Unicode text, write UTF-8 without lone surrogates", name)
		}
		*into = &value
		return err
	}
}

// aside sets a list aside, as it is written.
func aside(into *string) func(*strictjson.Cursor, string) error {
	return func(c *strictjson.Cursor, name string) error {
		if c.Kind() != strictjson.Array {
			return mustBe("list", c, name)
		}
		raw, err := c.Raw()
		*into = raw
		return err
	}
}

func mustBe(kind string, c *strictjson.Cursor, name string) error {
	if err := c.Skip(); err != nil {
		return err
	}
	return door.Refuse(door.BadRequest, "%s must be a %s", name, kind)
}
