"""Groups made by hand."""

from django import forms


class GroupNameForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=1000, widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"})
    )
