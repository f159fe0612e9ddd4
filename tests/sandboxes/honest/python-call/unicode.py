# call: f
# args: ["straße 😀"]
# returns: "STRASSE 😀"
def f(text):
    return text.upper()
