"""Scores a data set with a model: checks, scores, checks, writes."""

INPUT = "${{ values.input }}"
MODEL = "${{ values.model }}"
VERSION = "${{ values.version }}"
