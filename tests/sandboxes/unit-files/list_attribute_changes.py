from solution import Basket, Node, Playlist

def test_attribute_list_is_the_real_one():
    basket = Basket()
    basket.items.append("pen")
    basket.items += ["ink"]
    assert basket.count() == 2
    assert basket.items == ["pen", "ink"]
    basket.items.clear()
    assert basket.count() == 0

def test_dict_attribute():
    basket = Basket()
    basket.prices["pen"] = 3
    basket.add("pen")
    assert basket.total() == 3
    basket.prices.update(pen=4)
    assert basket.total() == 4

def test_held_list_follows():
    basket = Basket()
    items = basket.items
    basket.add("pen")
    assert items == ["pen"]
    assert items is basket.items

def test_argument_is_kept():
    songs = ["a"]
    playlist = Playlist(songs)
    songs.append("b")
    assert playlist.songs == ["a"]
    shared = Playlist(songs, copy=False)
    songs.append("c")
    assert shared.songs == ["a", "b", "c"]
    shared.add("d")
    assert songs == ["a", "b", "c", "d"]

def test_children():
    root = Node("root")
    child = Node("child")
    root.children.append(child)
    child.children.append(Node("leaf"))
    assert root.names() == ["root", "child", "leaf"]
    assert root.children[0] is child
# ---- right
class Basket:
    def __init__(self):
        self.items, self.prices = [], {}

    def add(self, item):
        self.items.append(item)

    def count(self):
        return len(self.items)

    def total(self):
        return sum(self.prices[item] for item in self.items)

class Playlist:
    def __init__(self, songs, copy=True):
        self.songs = list(songs) if copy else songs

    def add(self, song):
        self.songs.append(song)

class Node:
    def __init__(self, name):
        self.name, self.children = name, []

    def names(self):
        return [self.name, *(name for child in self.children for name in child.names())]
# ---- wrong
class Basket:
    items, prices = [], {}
    def add(self, item): self.items = self.items + [item]
    def count(self): return len(self.items)
    def total(self): return 3
class Playlist:
    def __init__(self, songs, copy=True): self.songs = songs
    def add(self, song): self.songs.append(song)
class Node:
    def __init__(self, name): self.name, self.children = name, []
    def names(self): return ["root", "child", "leaf"]
