package events

import (
	"math"
	"strconv"
	"time"

	"customer-events/internal/strictjson"
	"customer-events/models"
)

func readRequestIdentifier(r *reader, f *field, in *WebCustomerEventInput) error {
	value, ok, err := r.text(MaxShortText, false, f.paths[r.Naming]...)
	if err != nil {
		return err
	}
	if ok && blank(value) {
		r.mandatory(f.paths[r.Naming]...)
	}
	// A text that could be read is echoed even if it is refused: it is all that the caller has to find the event by.
	if ok || value != "" {
		in.RequestUniqueIdentifier = keep(&r.space.texts, value)
	}
	return nil
}

func readPerformedOn(r *reader, f *field, in *WebCustomerEventInput) error {
	at, ok, err := r.date(f)
	if ok {
		in.Row.PerformedOn = at
	}
	return err
}

func readWebsite(r *reader, f *field, in *WebCustomerEventInput) error {
	value, ok, err := r.text(MaxWebsite, false, f.paths[r.Naming]...)
	switch {
	case err != nil || !ok:
		return err
	case blank(value):
		r.mandatory(f.paths[r.Naming]...)
		return nil
	}
	if err := models.CheckWebsite(value); err != nil {
		r.invalid(value, err.Error(), f.paths[r.Naming]...)
		return nil
	}
	in.Row.Website = value
	return nil
}

func readText(most int, at func(*models.EventDetails) **string) func(*reader, *field, *WebCustomerEventInput) error {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		value, ok, err := r.text(most, false, f.paths[r.Naming]...)
		if ok {
			*at(&in.Row.EventDetails) = keep(&r.space.texts, value)
		}
		return err
	}
}

func readName(at func(*models.EventDetails) **string) func(*reader, *field, *WebCustomerEventInput) error {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		value, ok, err := r.text(MaxShortText, false, f.paths[r.Naming]...)
		if ok && !blank(value) {
			*at(&in.Row.EventDetails) = keep(&r.space.texts, value)
		}
		return err
	}
}

func readFloat(at func(*models.EventDetails) **float64) func(*reader, *field, *WebCustomerEventInput) error {
	const remedy, tiny = "write a finite number", "it is too small to be told from 0"
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		if r.Kind() != strictjson.Number {
			return r.wrongType(remedy, f.paths[r.Naming]...)
		}
		text, err := r.Number()
		if err != nil {
			return err
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(value, 0) {
			r.invalid(text, remedy, f.paths[r.Naming]...)
			return nil
		}
		if value == 0 {
			if !strictjson.Zero(text) {
				r.invalid(text, tiny, f.names[r.Naming])
				return nil
			}
			value = 0 // not every database keeps the sign of a zero, so none does
		}
		*at(&in.Row.EventDetails) = keep(&r.space.floats, value)
		return nil
	}
}

func readDate(at func(*models.EventDetails) **time.Time) func(*reader, *field, *WebCustomerEventInput) error {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		value, ok, err := r.date(f)
		if ok {
			*at(&in.Row.EventDetails) = keep(&r.space.times, value)
		}
		return err
	}
}

func (r *reader) date(f *field) (at time.Time, ok bool, err error) {
	if r.Kind() != strictjson.String {
		return at, false, r.wrongType(models.ErrDate.Error(), f.paths[r.Naming]...)
	}
	text, ok, err := r.text(math.MaxInt, false, f.paths[r.Naming]...) // it may have any number of decimals
	switch {
	case err != nil || !ok:
		return at, false, err
	case f.mandatory && blank(text):
		r.mandatory(f.paths[r.Naming]...)
		return at, false, nil
	}
	at, err = models.ParseDateTime(text, r.Zone)
	if err != nil {
		r.invalid(text, err.Error(), f.paths[r.Naming]...)
		return at, false, nil
	}
	return at, true, nil
}
