package graph

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"customer-events/internal/strictjson"
)

// numericScalars are the scalars that accept a number.
var numericScalars = []string{"Int", "Float", "ID", "OneTimePassword"}

func (c *coercion) scalar(name string, path ast.Path) (any, error) {
	kind := c.cursor.Kind()
	switch {
	case name == "Boolean":
		if kind != strictjson.Bool {
			c.addError(path, "must be true or false")
			return nil, c.cursor.Skip()
		}
		return c.cursor.Bool()
	case kind == strictjson.Number && slices.Contains(numericScalars, name):
		text, err := c.cursor.Number()
		if name == "Float" {
			value, parseErr := strconv.ParseFloat(text, 64)
			if parseErr != nil || math.IsInf(value, 0) || value == 0 && !strictjson.Zero(text) {
				c.addError(path, "must be a finite number")
			}
		} else if _, parseErr := strconv.ParseInt(text, 10, 32); parseErr != nil {
			c.addError(path, "must be an integer of 32 bits")
		}
		return json.Number(text), err
	case name == "Int" || name == "Float":
		c.addError(path, "must be a number")
		return nil, c.cursor.Skip()
	default:
		return c.text(path)
	}
}

func (c *coercion) text(path ast.Path) (any, error) {
	if c.cursor.Kind() != strictjson.String {
		c.addError(path, "must be a string")
		return nil, c.cursor.Skip()
	}
	text, err := c.cursor.Text()
	if errors.Is(err, strictjson.ErrText) {
		c.addError(path, "must be a valid Unicode string, in UTF-8 without lone surrogates")
		err = nil
	}
	return text, err
}
