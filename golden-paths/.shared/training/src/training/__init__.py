"""Trains, measures, exports and registers the model ${{ values.name }}."""

NAME = "${{ values.name }}"
