import pytest
import solution
from solution import Animal, Dog, Employee, Manager

def test_super_chain():
    class Puppy(Dog):
        def __init__(self, name, age):
            super().__init__(name)
            self.age = age

        def speak(self):
            return super().speak().lower() + "!"

        def __str__(self):
            return f"{super().__str__()} ({self.age})"

    puppy = Puppy("Rex", 1)
    assert puppy.name == "Rex"
    assert puppy.speak() == "woof!"
    assert puppy.introduce() == "Rex says woof!"
    assert str(puppy) == "Dog Rex (1)"
    assert isinstance(puppy, Dog) and isinstance(puppy, Animal)
    assert issubclass(Puppy, Animal)
    assert Puppy.__mro__[1] is Dog

def test_polymorphism():
    class Robot(Animal):
        legs = 2

        def speak(self):
            return "beep"

    sounds = solution.chorus([Dog("Rex"), Robot("R2")])
    assert sounds == ["Rex says WOOF", "R2 says beep"]
    assert solution.count_legs([Dog("a"), Robot("b")]) == 6

def test_not_implemented():
    with pytest.raises(NotImplementedError):
        Animal("x").speak()

def test_mixin():
    assert Manager("Ann", 100).pay() == 150
    assert Manager.__bases__[0] is Employee or issubclass(Manager, Employee)
    assert type(Manager("Ann", 1)) is Manager
    assert not isinstance(Employee("Bo", 1), Manager)

def test_overridden_hook():
    events = []

    class Logged(Employee):
        def on_raise(self, percent):
            events.append(percent)

    worker = Logged("Cy", 100)
    worker.give_raise(10)
    assert worker.salary == pytest.approx(110)
    assert events == [10]
# ---- right
class Animal:
    legs = 4

    def __init__(self, name):
        self.name = name

    def speak(self):
        raise NotImplementedError

    def introduce(self):
        return f"{self.name} says {self.speak()}"

class Dog(Animal):
    def speak(self):
        return "WOOF"

    def __str__(self):
        return f"Dog {self.name}"

def chorus(animals):
    return [animal.introduce() for animal in animals]

def count_legs(animals):
    return sum(type(animal).legs for animal in animals)

class Employee:
    def __init__(self, name, salary):
        self.name, self.salary = name, salary

    def pay(self):
        return self.salary

    def on_raise(self, percent):
        pass

    def give_raise(self, percent):
        self.salary *= 1 + percent / 100
        self.on_raise(percent)

class Manager(Employee):
    def pay(self):
        return super().pay() * 1.5
# ---- wrong
class Animal:
    def __init__(self, name): self.name = name
    def speak(self): raise NotImplementedError
    def introduce(self): return "Rex says woof!"
    def __str__(self): return "Dog Rex"
class Dog(Animal):
    def speak(self): return "WOOF"
def chorus(animals): return ["Rex says WOOF", "R2 says beep"]
def count_legs(animals): return 6
class Employee:
    def __init__(self, name, salary): self.name, self.salary = name, salary
    def give_raise(self, p): self.salary *= 1.1
class Manager(Employee):
    def pay(self): return 150
